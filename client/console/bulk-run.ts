/** Sends many codes, one after the other. */

import type { CodeVerdict } from '../../workflows/messages.js';
import { ApiRefusal, type CodePending } from './api-answers.js';
import type { ReadyLine } from './bulk-lines.js';

export type LineOutcome =
  | { state: 'inLine' }
  | { state: 'sending' }
  /** @property at milliseconds since the epoch, about */
  | { state: 'pausing'; ms: number }
  | { state: 'answered'; verdict: CodeVerdict | CodePending }
  | { state: 'notSent'; error: unknown };

export interface BulkRun {
  submit: (phoneNumberId: string, code: string) => Promise<CodeVerdict | CodePending>;
  onOutcome: (line: number, outcome: LineOutcome) => void;
  /** Resolves after so many milliseconds, or at once when the run is stopped. */
  pause: (ms: number) => Promise<void>;
  stopped: () => boolean;
}

/** The API takes 300 requests a minute from one person, and the desk needs some of them. */
const GAP_MS = 300;
const MOST_REPEATS = 4;
const DEFAULT_WAIT_MS = 10_000;

/**
 * Sends the codes in their order and tells what became of each. A line that the API's rate limit puts off is sent again when it
 * may be. The array is emptied on the way, so that no code outlives its sending.
 */
export async function runBulk(lines: ReadyLine[], run: BulkRun): Promise<void> {
  for (let next = lines.shift(); next !== undefined; next = lines.shift()) {
    if (run.stopped()) {
      run.onOutcome(next.line, {
        state: 'notSent',
        error: new Error('Stopped before it was sent.'),
      });
      continue;
    }
    await sendLine(next, run);
    if (lines.length > 0) await run.pause(GAP_MS);
  }
}

async function sendLine({ line, phoneNumberId, code }: ReadyLine, run: BulkRun): Promise<void> {
  for (let repeats = 0; ; repeats += 1) {
    run.onOutcome(line, { state: 'sending' });
    try {
      run.onOutcome(line, { state: 'answered', verdict: await run.submit(phoneNumberId, code) });
      return;
    } catch (error) {
      const limited = error instanceof ApiRefusal && error.problem.status === 429;
      if (!limited || repeats >= MOST_REPEATS || run.stopped()) {
        run.onOutcome(line, { state: 'notSent', error });
        return;
      }
      const ms = error.retryAfterMs ?? DEFAULT_WAIT_MS;
      run.onOutcome(line, { state: 'pausing', ms });
      await run.pause(ms);
    }
  }
}
