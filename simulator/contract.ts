/** What the simulator offers to those who start it. */
import type { SimulatorClock } from './clock.js';
import type { Faults } from './faults.js';
import type { Mode } from './number-answers.js';
import type { NumberSeed, NumberSnapshot, NumberTraits, SentCode } from './number-state.js';
import type { RequestLogEntry } from './request-log.js';

/** The token that the simulator takes where none is given. */
export const SIMULATOR_TOKEN = 'simulator-token';

export interface SimulatorOptions {
  /** 0 for any free one. @default 0 */
  port?: number;
  /** @default '127.0.0.1' */
  host?: string;
  /**
   * `strict` follows Meta's rules. `naive` answers like a mock without rules: everything succeeds in any order, numbers need
   * not exist, and reads show no status, platform or verification. @default 'strict'
   */
  mode?: Mode;
  /** The one token that is good. @default {@link SIMULATOR_TOKEN} */
  token?: string;
  /** What the simulator's clock runs ahead of by what it was advanced. @default the machine's clock */
  clock?: SimulatorClock;
  numbers?: readonly NumberSeed[];
  /** Unknown digit-string ids become fresh numbers and accounts. @default false */
  autoCreate?: boolean;
  /** A JSON file that keeps numbers, accounts and the clock's lead. What it holds goes before `numbers`. */
  stateFile?: string;
  /** Fields whose reading fails the whole read with code 100. */
  unknownFields?: readonly string[];
}

/** A code on its way to the SIM holder. */
export interface CodeSent extends SentCode {
  phoneNumberId: string;
  /** What the SIM holder reads or hears, such as `WhatsApp code 123-830`. */
  text: string;
}

export interface Simulator {
  /** Base URL without version, such as `http://127.0.0.1:4010`. */
  readonly url: string;
  readonly port: number;
  readonly token: string;
  readonly clock: { now(): number; advance(ms: number): void };
  addNumber(seed: NumberSeed): void;
  /** The number is gone from its account, as if it had been deleted there. @throws Error when there is no such number */
  removeNumber(id: string): void;
  /** @throws Error when there is no such number */
  number(id: string): NumberSnapshot;
  /** The world moves: somebody else registers the number, verifies it, changes its PIN. @throws Error when there is no such number */
  update(id: string, patch: Partial<NumberTraits>): void;
  /** Codes sent for a number, oldest first. @throws Error when there is no such number */
  codes(id: string): SentCode[];
  /** Calls the listener with each code that is sent from now on. @returns a function that ends this */
  onCode(listener: (sent: CodeSent) => void): () => void;
  /** Sets whether this app gets the webhooks of an account. Accounts start subscribed. */
  setSubscribed(wabaId: string, subscribed: boolean): void;
  /** Every request in order of arrival. Entries are completed when the request ends. */
  readonly requests: readonly RequestLogEntry[];
  readonly faults: Faults;
  /** From now on the token is refused with code 190, subcode 467. */
  revokeToken(): void;
  restoreToken(): void;
  /** Ends at once, also with requests open: their connections are cut. Closing twice is fine. */
  close(): Promise<void>;
}
