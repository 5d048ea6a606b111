/** What the invariants see of a case, and when they look. */
import type { OnboardingProgress } from '../../../workflows/messages.js';
import type { ModelTemporal, NumberRun } from '../driver/temporal.js';
import type { VirtualTime } from '../driver/virtual-time.js';
import type { ModelMeta, SentRequest } from '../world/meta.js';
import type { ModelPinStore, StoreChange } from '../world/pin-store.js';

export interface Scene {
  readonly phoneNumberId: string;
  /** Is a webhook configured? */
  readonly notifies: boolean;
  readonly time: VirtualTime;
  readonly meta: ModelMeta;
  readonly store: ModelPinStore;
  readonly temporal: ModelTemporal;
  /** Everything written to logs, by activities and by the workflow. */
  readonly logs: readonly { message: string; details: unknown }[];
  /** When an operator said `retry` or `accept`, in milliseconds. */
  readonly decisions: readonly number[];
  /** When the world was changed by somebody else, in milliseconds. */
  readonly worldChanges: readonly number[];
}

/** A rule that holds at all times. Each of these throws a `Violation` where it does not. */
export interface Invariant {
  /** An activity sends a request. */
  onSend?(request: SentRequest): void;
  /** A request reaches Meta. */
  onArrival?(request: SentRequest): void;
  /** Meta is through with a request. */
  onHandled?(request: SentRequest): void;
  onStoreChange?(change: StoreChange): void;
  /** Somebody else has changed something at Meta. */
  onWorldChange?(): void;
  /** The run does nothing before a timer fires or a message comes. */
  onIdle?(run: NumberRun, progress: OnboardingProgress, details: string): void;
  /** A run has ended. Progress is undefined where no worker could tell it. */
  onRunEnd?(run: NumberRun, progress: OnboardingProgress | undefined): void;
  /** The case is over. */
  atEnd?(): void;
}

export type InvariantRule = (scene: Scene) => Invariant;

export const WRITES: ReadonlySet<SentRequest['endpoint']> = new Set([
  'register',
  'deregister',
  'requestCode',
  'verifyCode',
  'setPin',
]);

export const isoAt = (ms: number): string => new Date(ms).toISOString();
