/** Times and tables. */

/** @returns milliseconds, and what came of it */
export async function timed<T>(act: () => Promise<T>): Promise<[ms: number, result: T]> {
  const began = performance.now();
  const result = await act();
  return [performance.now() - began, result];
}

/** The times of doing something so often, in milliseconds, shortest first. */
export async function timesOf(
  count: number,
  act: (round: number) => Promise<unknown>,
): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < count; round += 1) {
    const [ms] = await timed(() => act(round));
    times.push(ms);
  }
  return times.sort((a, b) => a - b);
}

/** @param share 0.5 for the median */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const inMs = (ms: number) =>
  `${ms < 10 ? ms.toFixed(1) : Math.round(ms).toLocaleString('en')} ms`;
export const inMb = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
export const times = (ratio: number) => `${ratio < 10 ? ratio.toFixed(2) : ratio.toFixed(0)}×`;

export type Row = readonly [figure: string, value: string, ratio: string];

export function table(rows: readonly Row[]): string {
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(([figure, value, ratio]) =>
      `${figure.padEnd(widths[0] ?? 0)}  ${value.padStart(widths[1] ?? 0)}  ${ratio}`.trimEnd(),
    )
    .join('\n');
}
