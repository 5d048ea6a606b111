/** One case: a number, a PIN store, a start, faults, and what people and the world do. Plain data, so that it can be printed. */
import type { FaultKind } from '../../../simulator/faults.js';
import type { PresetName } from '../../../simulator/number-presets.js';
import type { NumberTraits } from '../../../simulator/number-state.js';
import type { Endpoint } from '../../../simulator/request-log.js';
import type { OnboardingInput } from '../../../workflows/messages.js';
import type { FaultyMethod, StoreFaultKind } from '../../faults/faulty-pin-store.js';

/** A PIN, by what it is. */
export type WhichPin =
  /** The number's PIN at Meta; where 2SV is off, any. */
  | 'atMeta'
  /** Another one. */
  | 'other';

export interface ModelCase {
  /** Of latencies, losses, and what each seeded fault draws from. */
  seed: number;
  number: { preset: PresetName } & Partial<NumberTraits>;
  /** What the PIN store holds before the first run. */
  stored: Partial<Record<'current' | 'pending' | 'provided', WhichPin>>;
  start: Omit<OnboardingInput, 'phoneNumberId' | 'previousRunId'>;
  listingLagMs: number;
  /** Is a webhook configured? */
  notifies: boolean;
  commands: readonly TimedCommand[];
  /** Once the world is mended: does somebody help the run along, and start again until the number is live? */
  helped: boolean;
}

export interface TimedCommand {
  /** How much time passes before it, in milliseconds. */
  afterMs: number;
  command: Command;
}

export type Command =
  | { do: 'fault'; fault: MetaFault }
  | { do: 'storeFault'; fault: StoreFault }
  | { do: 'connectionFault'; times: number; probability: number }
  | { do: 'submit'; code: WhichCode; how: 'signal' | 'update'; twice: boolean; by?: string }
  | { do: 'resend'; method?: 'SMS' | 'VOICE' }
  | { do: 'extend'; by: NonNullable<OnboardingInput['codeDeadline']> }
  | { do: 'agentReady' }
  | { do: 'claim'; by: string; takeOver: boolean }
  | { do: 'release'; by: string }
  | { do: 'cancel' }
  | { do: 'retry' }
  | { do: 'accept' }
  | { do: 'providePin'; pin: WhichPin }
  | { do: 'nonsense'; signal: string; payload: Nonsense }
  | { do: 'killWorker'; downMs: number }
  | { do: 'terminate' }
  | { do: 'start' }
  | { do: 'wait' }
  | { do: 'world'; change: WorldChange };

export type WhichCode =
  | 'right'
  | 'wrong'
  /** The one before the newest. */
  | 'former'
  /** The right one, as a hurried person types it. */
  | 'oddlyTyped';

/** Payloads that make no sense. */
export type Nonsense = 'brokenJson' | 'noEncoding' | 'unknownEncoding' | 'wrongShape' | 'nothing';

/** What somebody else, or Meta, does to the number. */
export type WorldChange =
  | 'verified'
  | 'verificationLost'
  | 'registeredBySomebody'
  | 'deregistered'
  | 'pinChanged'
  | 'twoStepOff'
  | 'tokenRevoked'
  | 'tokenRenewed'
  | 'nameUnderReview'
  | 'nameApproved'
  | 'nameDeclined'
  | 'banned'
  | 'mended';

/** A fault of the PIN store. */
export interface StoreFault {
  kind: StoreFaultKind;
  method: FaultyMethod;
  times: number;
  probability: number;
  /** Of `slow`, in milliseconds. */
  ms: number;
}

/** A fault of Meta's or the way there. */
export interface MetaFault {
  kind: Exclude<FaultKind, 'hold' | 'slow'> | 'hold' | 'slow';
  endpoint: Endpoint;
  /** Of `hold` and `slow`, in milliseconds. */
  ms: number;
  when: 'before' | 'after';
  /** Of `error`. */
  error: MetaError;
  /** How often it strikes before it is spent; undefined for as long as `forMs`. */
  times: number | undefined;
  probability: number;
  /** When it passes by itself, in milliseconds. */
  forMs: number;
}

export interface MetaError {
  code: number;
  subcode?: number;
  status?: number;
  details?: string;
  headers?: Record<string, string>;
  executed?: boolean;
}
