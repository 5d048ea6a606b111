import {
  DefaultLogger,
  type LogEntry,
  type LogLevel,
  Runtime,
  type TelemetryOptions,
} from '@temporalio/worker';
import { logText } from './log-lines.js';

let installed = false;

/**
 * Set up the SDK's native runtime: once per process, before any connection; later calls change nothing.
 *
 * Signals are left alone: the SDK would stop its workers on Ctrl-C by itself, before the program can say so and in no
 * order with what else runs.
 *
 * @param level least severe level that is logged
 * @param write takes each entry. @default lines for people on stderr, as {@link logText} has them
 * @param metrics where the SDK's metrics go. @default nowhere
 */
export function installRuntime(
  level: Lowercase<LogLevel>,
  write?: (entry: LogEntry) => void,
  metrics?: TelemetryOptions['metrics'],
): void {
  if (installed) return;
  installed = true;
  const least = level.toUpperCase() as LogLevel;
  Runtime.install({
    logger: new DefaultLogger(least, write ?? ((entry) => writeText(entry, least))),
    shutdownSignals: [],
    telemetryOptions: {
      logging: { filter: { core: least === 'INFO' ? 'WARN' : least, other: 'ERROR' }, forward: {} },
      ...(metrics === undefined ? {} : { metrics }),
    },
  });
}

function writeText(entry: LogEntry, least: LogLevel): void {
  const text = logText(entry, least);
  if (text !== undefined) process.stderr.write(`${text}\n`);
}
