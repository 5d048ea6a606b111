/** What a run looks at before, between and after its steps. Nothing here writes to Meta. */
import { activityInfo } from '@temporalio/activity';
import { DEREGISTER_LIMIT, limitUse, REGISTER_LIMIT } from '../budget.js';
import { type LimitUseReport, limitReport, looking, type NumberAccess } from '../number-access.js';
import type { Answer, NumberFacts } from '../number-facts.js';
import type { PastRun } from '../past-runs.js';
import { generatePin } from '../pin.js';
import type { PinDescription, StagedPin } from '../pin-store/pin-store.js';

/** Everything a run plans from. */
export interface Preparation {
  number: NumberFacts;
  /** What the PIN store holds; a PIN never. */
  pins:
    | {
        store: string;
        record: string;
        versions: PinDescription['versions'];
        /** Somebody changed the PIN outside of this product: the current one may not be the PIN any more. */
        stale?: true;
      }
    | undefined;
  /** An earlier run that was cut off: until `safeAt`, one of its requests may still be on its way. */
  cutOffRun?: { runId: string; safeAt: string };
  budget: { register: LimitUseReport; deregister: LimitUseReport };
  /** Whether people are notified of what happens to the run. */
  notifies?: boolean;
}

/** What Meta, the PIN store and the former runs say of the number. */
export function prepareNumber(access: NumberAccess) {
  return ({ phoneNumberId }: { phoneNumberId: string }): Promise<Preparation> =>
    looking(async () => {
      const [number, pins, runs] = await Promise.all([
        access.readFacts(phoneNumberId),
        access.pinStore.describe(phoneNumberId),
        access.runsOfThisNumber(),
      ]);
      const cutOffRun = cutOff(runs, activityInfo().workflowExecution?.runId);
      const now = access.clock();
      return {
        number,
        pins: pins && {
          store: pins.store,
          record: pins.record,
          versions: pins.versions,
          ...(pins.stale === undefined ? {} : { stale: true }),
        },
        ...(cutOffRun === undefined ? {} : { cutOffRun }),
        budget: {
          register: limitReport(limitUse(REGISTER_LIMIT, runs, now)),
          deregister: limitReport(limitUse(DEREGISTER_LIMIT, runs, now)),
        },
        ...(access.notifies ? { notifies: true } : {}),
      };
    });
}

/** Of the other runs that were terminated or timed out with an activity on its way, the one that may act the longest. */
function cutOff(runs: PastRun[], runId: string | undefined): Preparation['cutOffRun'] {
  const [longest] = runs
    .filter((run) => run.runId !== runId && run.cutOff && run.closedAt !== undefined)
    .flatMap(({ runId: id, closedAt, activities }) =>
      activities
        .filter((activity) => activity.closedAt === undefined)
        .map(({ startToCloseMs }) => ({ id, until: (closedAt?.getTime() ?? 0) + startToCloseMs })),
    )
    .sort((a, b) => b.until - a.until);
  return longest && { runId: longest.id, safeAt: new Date(longest.until).toISOString() };
}

/** Whether people are notified of what happens to a run, for one whose {@link prepareNumber} failed. */
export function tellNotifies({ notifies }: NumberAccess) {
  return async (_nothing: undefined): Promise<boolean> => notifies;
}

/** Reads the number. */
export function readNumber(access: NumberAccess) {
  return ({ phoneNumberId }: { phoneNumberId: string }): Promise<NumberFacts> =>
    looking(() => access.readFacts(phoneNumberId));
}

/** Gets or creates the pending PIN. The telephone number goes from Meta straight into the record, past Temporal. */
export function stagePin({ graph, pinStore, wabaId, reading }: NumberAccess) {
  return ({
    phoneNumberId,
    label,
  }: {
    phoneNumberId: string;
    label?: string;
  }): Promise<StagedPin> =>
    looking(async () => {
      const known = (await pinStore.describe(phoneNumberId))?.displayPhoneNumber;
      const fields = ['id', 'display_phone_number'];
      const displayPhoneNumber =
        known ??
        (await graph.readNumber(phoneNumberId, { ...reading(), fields })).display_phone_number;
      const about = {
        ...(displayPhoneNumber === undefined ? {} : { displayPhoneNumber }),
        ...(wabaId === undefined ? {} : { wabaId }),
        ...(label === undefined ? {} : { label }),
      };
      return pinStore.stage(phoneNumberId, about, generatePin);
    });
}

export interface Confirmation {
  number: NumberFacts;
  /** Is any app subscribed to the account's webhooks? Unknown where no account is configured or it could not be read. */
  subscribed: Answer;
}

/** The last look: the number, and whether the account's webhooks reach an app. */
export function confirmNumber({ graph, wabaId, reading, readFacts }: NumberAccess) {
  const subscription = async (): Promise<Answer> => {
    if (wabaId === undefined) return 'unknown';
    try {
      return (await graph.subscribedApps(wabaId, reading())).count > 0 ? 'yes' : 'no';
    } catch {
      return 'unknown'; // a number is no less live because this could not be read
    }
  };
  return ({ phoneNumberId }: { phoneNumberId: string }): Promise<Confirmation> =>
    looking(async () => {
      const [number, subscribed] = await Promise.all([readFacts(phoneNumberId), subscription()]);
      return { number, subscribed };
    });
}
