/** Does what a command says, on virtual time or on a real server. */
import type { Payload } from '@temporalio/common';
import type { Simulator } from '../../../simulator/contract.js';
import { MESSAGES } from '../../../workflows/messages.js';
import type { StoreFaultRule } from '../../faults/faulty-pin-store.js';
import type { Command, MetaFault, WhichCode, WhichPin } from './case.js';
import { nonsense, oddlyTyped, payloadOf, wrongCode } from './payloads.js';
import { changeWorld, OTHER_PIN } from './world-changes.js';

/** What commands act on. */
export interface Actors {
  phoneNumberId: string;
  /** Of what each seeded fault draws from. */
  seed: number;
  meta: Pick<
    Simulator,
    'faults' | 'codes' | 'number' | 'update' | 'revokeToken' | 'restoreToken' | 'requests'
  >;
  now(): number;
  after(ms: number, callback: () => void): void;
  signal(name: string, payload: Payload): void | Promise<void>;
  /** Sends an update; does not wait for the answer. */
  update(name: string, payload: Payload): void | Promise<void>;
  cancel(): void | Promise<void>;
  terminate(): void | Promise<void>;
  /** Starts a run, which is refused where one is open. */
  start(): void | Promise<void>;
  killWorker(downMs: number): void | Promise<void>;
  providePin(pin: string): void | Promise<void>;
  addStoreFault(rule: StoreFaultRule): void;
  addConnectionFault(fault: { times: number; probability: number; seed: number }): void;
  /** An operator said `retry` or `accept`. */
  decided(): void;
  /** Somebody else has changed something at Meta. */
  worldChanged(): void;
}

export async function perform(actors: Actors, command: Command): Promise<void> {
  const { phoneNumberId, meta, seed } = actors;
  switch (command.do) {
    case 'fault':
      return addFault(actors, command.fault);
    case 'storeFault':
      return actors.addStoreFault({ ...command.fault, phoneNumberId, seed });
    case 'connectionFault':
      return actors.addConnectionFault({ ...command, seed });
    case 'submit': {
      const submission = payloadOf({ code: codeOf(actors, command.code), submittedBy: command.by });
      for (let left = command.twice ? 2 : 1; left > 0; left -= 1) {
        if (command.how === 'update') await actors.update(MESSAGES.tryCode, submission);
        else await actors.signal(MESSAGES.submitCode, submission);
      }
      return;
    }
    case 'resend':
      return actors.signal(
        MESSAGES.resendCode,
        payloadOf(command.method === undefined ? undefined : { method: command.method }),
      );
    case 'extend':
      return actors.signal(MESSAGES.extend, payloadOf({ by: command.by }));
    case 'agentReady':
      return actors.signal(MESSAGES.agentReady, payloadOf({ requestedBy: 'Ana' }));
    case 'claim':
      return actors.update(
        MESSAGES.claim,
        payloadOf({
          by: command.by,
          ...(command.takeOver ? { takeOver: 'the other is at lunch' } : {}),
        }),
      );
    case 'release':
      return actors.update(MESSAGES.release, payloadOf({ by: command.by }));
    case 'cancel':
      return actors.cancel();
    case 'retry':
      actors.decided();
      return actors.signal(MESSAGES.retry, payloadOf({ requestedBy: 'Olga' }));
    case 'accept':
      actors.decided();
      return actors.signal(MESSAGES.accept, payloadOf({ requestedBy: 'Olga' }));
    case 'providePin':
      return actors.providePin(pinThatIs(command.pin, meta.number(phoneNumberId).pin));
    case 'nonsense':
      // One that comes with nothing, or with what is not understood, may be a decision all the same.
      if (command.signal === MESSAGES.retry) actors.decided();
      return actors.signal(command.signal, nonsense(command.payload));
    case 'killWorker':
      return actors.killWorker(command.downMs);
    case 'terminate':
      return actors.terminate();
    case 'start':
      return actors.start();
    case 'wait':
      return;
    case 'world':
      changeWorld(meta, phoneNumberId, command.change);
      return actors.worldChanged();
  }
}

export function pinThatIs(which: WhichPin, atMeta: string | undefined): string {
  return which === 'atMeta' ? (atMeta ?? '739158') : OTHER_PIN;
}

function codeOf({ meta, phoneNumberId }: Actors, which: WhichCode): string {
  const codes = meta.codes(phoneNumberId).map(({ code }) => code);
  const right = codes.at(-1);
  switch (which) {
    case 'right':
      return right ?? wrongCode(undefined, 0);
    case 'oddlyTyped':
      return oddlyTyped(right ?? wrongCode(undefined, 1));
    case 'former':
      return codes.at(-2) ?? wrongCode(right, 2);
    case 'wrong':
      return wrongCode(right, codes.length);
  }
}

function addFault({ meta, phoneNumberId, seed, after }: Actors, fault: MetaFault): void {
  const { kind, endpoint, ms, when, error, times, probability, forMs } = fault;
  const strikes = {
    // The account has no number.
    ...(endpoint === 'subscribedApps' ? {} : { phoneNumberId }),
    endpoint,
    ...(times === undefined ? {} : { times }),
    ...(probability === 1 ? {} : { probability, seed }),
  };
  const { faults } = meta;
  const released = () => new Promise<void>((resolve) => after(ms, resolve));
  const remove =
    kind === 'error'
      ? faults.add({ kind, ...error, ...strikes })
      : kind === 'slow'
        ? faults.add({ kind, ms, when, ...strikes })
        : kind === 'hold'
          ? faults.add({ kind, until: released(), when, ...strikes })
          : faults.add({ kind, ...strikes });
  after(forMs, remove);
}
