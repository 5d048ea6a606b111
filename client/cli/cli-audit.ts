import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Configuration } from '../../configuration/configuration.js';
import { type AuditEntry, openAudit } from '../api/audit.js';
import { OnboardingClientError } from '../errors.js';
import { userName } from './user-name.js';

/** The audit trail cannot be written, so what it is to tell of is not done. */
export class AuditTrailError extends OnboardingClientError {
  override readonly name = 'AuditTrailError';
}

/** What a command writes of itself. */
export type CommandEntry = Pick<
  AuditEntry,
  'action' | 'phoneNumberId' | 'label' | 'status' | 'outcome' | 'reason' | 'version'
> & {
  /** The PIN store that was worked with, as people name it. */
  store?: string;
  /** Public keys of who may open a backup. */
  recipients?: readonly string[];
  /** How many records had which outcome. */
  counts?: Readonly<Record<string, number>>;
};

/** Where commands write what they do. */
export interface CommandAudit {
  file: string;
  /** @throws AuditTrailError where the line did not get into the file */
  write(entry: CommandEntry): Promise<void>;
}

/**
 * The audit trail of the API, for commands: the same file, so that one place tells who saw what. Where the API writes its own to
 * the standard output, which of a command nobody collects, it is the file that the API would have by default.
 *
 * @param clock the instant that lines carry
 * @param undone what is not done where a line cannot be written, as a part of a sentence: `the PIN is not shown`
 */
export function cliAudit(
  { api, stateDir }: Configuration,
  clock: () => Date,
  undone: string,
): { file: string; write(entry: CommandEntry): Promise<void> } {
  const file = api.auditLog === 'stdout' ? join(stateDir, 'audit.jsonl') : api.auditLog.file;
  const requestId = randomUUID();
  const who = userName();
  return {
    file,
    async write(entry) {
      try {
        let failure: Error | undefined;
        const audit = await openAudit(
          { file },
          {
            clock,
            onError: (error) => {
              failure ??= error;
            },
          },
        );
        const written = audit.writeNow({
          ...(who === undefined ? {} : { who }),
          ...entry,
          from: `command line on ${hostname()}`,
          requestId,
        });
        await audit.close();
        if (!written) throw failure ?? new Error('The line was not written.');
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
        throw new AuditTrailError(
          `The audit trail ${file} cannot be written${code}, so ${undone}: make it writable, or set AUDIT_LOG to a file that is.`,
        );
      }
    },
  };
}

/** What {@link cliAudit} says of a command that is cut short by the trail, before or after what it does. */
export const ENDS_HERE = 'the command ends here';

/**
 * `work` between lines of the audit trail: one before anything happens, and one where it fails. The line that tells how it
 * ended well is the work's own, as only it knows when that is.
 *
 * @throws AuditTrailError before anything is done, where the trail cannot be written
 */
export async function audited<T>(
  audit: CommandAudit,
  entry: Omit<CommandEntry, 'outcome'>,
  outcomes: { doing: string; failed: string },
  work: () => Promise<T>,
): Promise<T> {
  await audit.write({ ...entry, outcome: outcomes.doing });
  try {
    return await work();
  } catch (error) {
    await audit
      .write({ ...entry, status: 503, outcome: outcomes.failed })
      .catch((unwritten: unknown) => {
        if (!(unwritten instanceof AuditTrailError)) throw unwritten;
      });
    throw error; // says more than that the trail has no second line
  }
}
