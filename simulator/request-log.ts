import type { FaultKind } from './faults.js';

export type Endpoint =
  | 'read'
  | 'register'
  | 'deregister'
  | 'requestCode'
  | 'verifyCode'
  | 'setPin'
  | 'list'
  | 'addNumber'
  | 'readAccount'
  | 'subscribedApps'
  | 'subscribeApp'
  | 'unknown';

/** One request that reached the simulator, in order of arrival. It holds no PIN, code or token. */
export interface RequestLogEntry {
  /** Instant of arrival on the simulator's clock, in milliseconds. */
  at: number;
  endpoint: Endpoint;
  phoneNumberId?: string;
  wabaId?: string;
  /** HTTP status of the answer; 0 while none was given (held, timed out, reset). */
  status: number;
  errorCode?: number;
  errorSubcode?: number;
  /** True once Meta did what was asked, whether or not the answer arrived. */
  executed: boolean;
  /** True where the number has another two-step-verification PIN since. */
  newPin?: true;
  /** Fields that a read asked for. */
  fields?: string[];
  /** Faults that struck the request. */
  faults?: FaultKind[];
}
