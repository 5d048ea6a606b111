/** What the API says of itself on stderr, a line for people each. */
import { PinStoreError } from '../../activities/pin-store/pin-store.js';
import type { LogLevel } from '../../configuration/configuration.js';
import { OnboardingClientError } from '../errors.js';
import { KeysUnavailableError } from './authenticator.js';
import { ApiProblem } from './problems.js';

/** What happens to a sound API: Temporal, a worker, the PIN store or the identity provider does not answer, or not in time. */
const EXPECTED = [OnboardingClientError, PinStoreError, KeysUnavailableError, ApiProblem];

/**
 * One line, as the worker's log has them. Of what is expected to happen, such as that Temporal does not answer, the stack
 * shows at debug only.
 *
 * @returns undefined where nothing is shown at that level
 */
export function apiLogText(
  error: unknown,
  where: string,
  least: LogLevel,
  at: Date,
): string | undefined {
  const expected = EXPECTED.some((kind) => error instanceof kind);
  if (expected && least === 'error') return undefined;
  const said = error instanceof Error ? error.message : String(error);
  const line = `${at.toISOString()} [${expected ? 'WARN' : 'ERROR'}] API, ${where}: ${said.replaceAll(/\s*\n\s*/g, ' ')}`;
  const detailed = least === 'debug' || least === 'trace';
  return error instanceof Error && (detailed || !expected) ? `${line}\n${error.stack}` : line;
}
