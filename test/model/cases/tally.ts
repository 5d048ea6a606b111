/** Adds up what the cases were made of, and prints it as one table. */
import type { Played } from './play.js';

export interface Tally {
  add(played: Played): void;
  readonly cases: number;
  readonly medianCommands: number;
  /** How often each kind of fault struck. */
  readonly faults: Readonly<Record<string, number>>;
  readonly storeFaults: Readonly<Record<string, number>>;
  rows(): [string, string][];
}

export function createTally(): Tally {
  const commands: number[] = [];
  const faults: Record<string, number> = {};
  const storeFaults: Record<string, number> = {};
  const endings: Record<string, number> = {};
  const waits: Record<string, number> = {};
  let requests = 0;
  let virtualMs = 0;
  const count = (into: Record<string, number>, name: string, by = 1) => {
    into[name] = (into[name] ?? 0) + by;
  };
  const median = () => [...commands].sort((a, b) => a - b)[Math.floor(commands.length / 2)] ?? 0;
  return {
    add(played) {
      commands.push(played.commands);
      requests += played.requests;
      virtualMs += played.virtualMs;
      for (const [kind, hits] of Object.entries(played.faults)) count(faults, kind, hits);
      for (const [kind, hits] of Object.entries(played.storeFaults)) {
        count(storeFaults, kind, hits);
      }
      for (const ending of played.endings) count(endings, ending);
      for (const wait of played.waits) count(waits, wait);
    },
    get cases() {
      return commands.length;
    },
    get medianCommands() {
      return median();
    },
    faults,
    storeFaults,
    rows: () => [
      ['median of commands', `${median()}`],
      ['runs ended', listed(endings)],
      ['idle in', listed(waits)],
      ['requests to Meta', `${requests}`],
      ['virtual time', `${Math.round(virtualMs / 86_400_000)} days`],
      ['faults of Meta that struck', listed(faults)],
      ['faults of the PIN store that struck', listed(storeFaults)],
    ],
  };
}

const listed = (counts: Record<string, number>): string =>
  Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([name, times]) => `${name} ${times}`)
    .join(', ');

/** Two columns, the second wrapped. */
export function tableOf(rows: readonly (readonly [string, string])[]): string {
  const left = Math.max(...rows.map(([name]) => name.length));
  return rows
    .flatMap(([name, value]) =>
      wrapped(value, 96 - left).map(
        (line, i) => `  ${(i === 0 ? name : '').padEnd(left)}  ${line}`,
      ),
    )
    .join('\n');
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [''];
  for (const word of text.split(', ')) {
    const last = lines.at(-1) ?? '';
    if (last === '') lines[lines.length - 1] = word;
    else if (last.length + word.length + 2 <= width) lines[lines.length - 1] = `${last}, ${word}`;
    else lines.push(word);
  }
  return lines;
}
