/**
 * Which process is behind a process id. Ids are reused, so an id read from a file is worth something only together with
 * what runs under it.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What runs under a process id. Two readings are equal only when they are of the same process. */
export interface RunningProcess {
  /** When it started, in the operating system's own terms. */
  started: string;
  /** Its whole command line. */
  command: string;
}

/** @returns undefined when no process has this id, or when it has ended and only waits to be reaped */
export async function processWithId(pid: number): Promise<RunningProcess | undefined> {
  return process.platform === 'linux' ? fromProc(pid) : fromPs(pid);
}

async function fromProc(pid: number): Promise<RunningProcess | undefined> {
  try {
    const [stat, commandLine] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ]);
    // The second field is the program's name in parentheses and may hold spaces; state is the third, start time the 22nd.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state] = fields;
    const started = fields[19];
    if (state === 'Z' || state === 'X' || started === undefined) return undefined;
    return { started, command: commandLine.split('\0').join(' ').trim() };
  } catch {
    return undefined; // no such process: its files are gone
  }
}

async function fromPs(pid: number): Promise<RunningProcess | undefined> {
  try {
    const { stdout } = await run('ps', ['-ww', '-o', 'stat=,lstart=,command=', '-p', String(pid)]);
    // lstart has five words, such as `Mon Nov 23 03:31:00 2026`.
    const found = /^(\S+)\s+((?:\S+\s+){4}\S+)\s+(.*)$/s.exec(stdout.trim());
    if (found === null || found[1]?.startsWith('Z')) return undefined;
    return { started: found[2] ?? '', command: found[3] ?? '' };
  } catch {
    return undefined; // ps exits with 1 when no process has the id
  }
}
