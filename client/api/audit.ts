import { pino } from 'pino';
import type { Scope } from './scopes.js';

/** One line of the audit trail: who did what, with which number, from where, and what came of it. */
export interface AuditEntry {
  /** Absent where no valid token came. */
  who?: string;
  /** Id of the route; `metaWebhook` for what Meta sends. */
  action: string;
  /** Of `metaWebhook`: what Meta said. */
  event?: string;
  phoneNumberId?: string;
  label?: string;
  /** Address that the request came from. */
  from: string;
  requestId: string;
  /** What was answered; absent from a line that is written before what it tells of happens. */
  status?: number;
  /** A verdict, what became of it in a word, or the type of the problem that was answered. */
  outcome: string;
  missingScope?: Scope;
  /** Of a PIN that was asked for: why, and which of the number's PINs. */
  reason?: string;
  version?: string;
}

/** Append-only. Holds no code, PIN, token or body. */
export interface AuditLog {
  write(entry: AuditEntry): void;
  /** Writes a line, and tells whether it is written now, for what must not happen unseen. */
  writeNow(entry: AuditEntry): boolean;
  close(): Promise<void>;
}

export interface AuditOptions {
  clock?: () => Date;
  /** Hears that lines cannot be written: once, and again where it happens after one could. */
  onError?: (error: Error) => void;
}

/** Characters of lines that are kept while they cannot be written. */
const MOST_KEPT = 1_000_000;
/** A file for its owner only. */
const PRIVATE = 0o600;

/**
 * JSON lines, each written before the answer that it tells of is sent.
 *
 * @param destination a file, made where it is missing and appended to, or the standard output
 * @throws Error when the file cannot be opened
 */
export async function openAudit(
  destination: { file: string } | 'stdout',
  { clock = () => new Date(), onError }: AuditOptions = {},
): Promise<AuditLog> {
  const stream = pino.destination({
    dest: destination === 'stdout' ? 1 : destination.file,
    append: true,
    mkdir: true,
    mode: PRIVATE,
    sync: true,
    maxLength: MOST_KEPT,
  });
  if (destination !== 'stdout') {
    await new Promise<void>((resolve, reject) => {
      stream.once('ready', resolve);
      stream.once('error', reject);
    });
  }
  let failed = false;
  let lost = false;
  stream.on('error', (error: Error) => {
    lost = true;
    if (!failed) onError?.(error);
    failed = true;
  });
  stream.on('drop', () => {
    lost = true;
  });
  stream.on('write', () => {
    failed = false;
  });
  const lines = pino(
    {
      base: null,
      messageKey: 'message',
      // In place of a level, which no line needs: tells the lines apart from others on the standard output.
      formatters: { level: () => ({ log: 'audit' }) },
      timestamp: () => `,"time":"${clock().toISOString()}"`,
    },
    stream,
  );
  return {
    write: (entry) => lines.info(entry),
    writeNow(entry) {
      // Writing is synchronous, also of lines that are still kept from before; so are the events that tell that it failed.
      lost = false;
      lines.info(entry);
      return !lost;
    },
    async close() {
      // Whatever could be written has been; flushing would try for ever what a full disk does not take.
      stream.destroy();
    },
  };
}
