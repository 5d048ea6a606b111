import { PassThrough } from 'node:stream';
import { runCommandLine } from '../../client/cli/program.js';
import { loadConfiguration } from '../../configuration/configuration.js';

export interface Ran {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/**
 * Runs `wa-onboard` in this process, without a terminal unless `asks`.
 *
 * @param stdin what comes through the pipe
 * @param asks standard input is a terminal, which is asked for what is missing
 * @param cwd where `.env` and the stack file are looked for
 */
export async function run(
  args: string[],
  {
    env = {},
    cwd = '/nowhere',
    stdin = '',
    asks = false,
  }: { env?: Record<string, string>; cwd?: string; stdin?: string; asks?: boolean } = {},
): Promise<Ran> {
  const streams = {
    stdin: Object.assign(new PassThrough(), { isTTY: asks }),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
  };
  streams.stdin.end(stdin);
  const exitCode = await runCommandLine(args, {
    ...streams,
    color: false,
    now: () => new Date(),
    loadConfiguration: () => loadConfiguration({ ...env }, cwd),
  });
  const written = (stream: PassThrough) => String(stream.read() ?? '');
  return { exitCode, stdout: written(streams.stdout), stderr: written(streams.stderr) };
}
