import { PassThrough } from 'node:stream';
import { runCommandLine } from '../../client/cli/program.js';
import { loadConfiguration } from '../../configuration/configuration.js';

export interface Ran {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/**
 * Runs `wa-onboard` in this process, without a terminal.
 *
 * @param stdin what comes through the pipe
 * @param cwd where `.env` and the stack file are looked for
 */
export async function run(
  args: string[],
  {
    env = {},
    cwd = '/nowhere',
    stdin = '',
  }: { env?: Record<string, string>; cwd?: string; stdin?: string } = {},
): Promise<Ran> {
  const streams = {
    stdin: new PassThrough(),
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
