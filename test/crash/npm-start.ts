/** `npm start` as a process, to be asked to end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { programPlaces } from '../../configuration/program-places.js';

export interface NpmStart {
  /** All it has written, to stdout and stderr. */
  written(): string;
  /**
   * Sends SIGTERM. Resolves when the process has ended.
   *
   * @param told called once the process has said that it is stopping
   */
  stop(told?: () => void): Promise<{ code: number | null; ms: number }>;
  /** Ends it, and the server that it started, where it still runs. */
  end(): Promise<void>;
}

/** More than a worker takes to drain and its server to stop. */
const TO_END_MS = 30_000;

/** @returns once it says that it is running */
export async function npmStart(
  program: string,
  cwd: string,
  env: Record<string, string>,
): Promise<NpmStart> {
  const child = spawn(process.execPath, [program], {
    cwd,
    env: { PATH: programPlaces().searchPath, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let written = '';
  const ended = once(child, 'close');
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const said = async (words: string): Promise<void> => {
    while (!written.includes(words)) {
      if (hasEnded()) throw new Error(`npm start has ended: ${written}`);
      await Promise.race([once(child.stdout, 'data'), ended]);
    }
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      written += text;
    });
  }
  await said('is running');
  return {
    written: () => written,
    async stop(told) {
      const askedAt = performance.now();
      child.kill('SIGTERM');
      await said('Stopping');
      told?.();
      const [code] = (await ended) as [number | null];
      return { code, ms: Math.round(performance.now() - askedAt) };
    },
    async end() {
      if (hasEnded()) return;
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), TO_END_MS);
      await ended;
      clearTimeout(late);
    },
  };
}
