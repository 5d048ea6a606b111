import type { FileHandle } from 'node:fs/promises';

type Files = typeof import('node:fs/promises');

/** What happens to file operations. One for the process, as the modules under test share `node:fs/promises`. */
export const faults: {
  /** Writes that still happen before the process dies; undefined for a process that lives. */
  writesLeft: number | undefined;
  died: boolean;
  /** The error code that listing a folder gives. */
  listing: string | undefined;
  /** Waited for before a file gets its name. */
  beforeLink: (() => Promise<void>) | undefined;
} = { writesLeft: undefined, died: false, listing: undefined, beforeLink: undefined };

/** `node:fs/promises` with the faults. A process that dies while it writes a file leaves half of it. */
export function faultyFiles(real: Files): Partial<Files> {
  const write = <T>(
    work: () => Promise<T>,
    half: () => Promise<unknown> = async () => undefined,
  ) => {
    if (faults.writesLeft === undefined) return work();
    return dying(work, half);
  };
  const faultyHandle = (handle: FileHandle): FileHandle =>
    new Proxy(handle, {
      get(target, name) {
        if (name === 'writeFile') {
          return (content: string | Uint8Array) =>
            write(
              () => target.writeFile(content),
              () => target.writeFile(content.slice(0, content.length / 2)),
            );
        }
        if (name === 'sync') return () => write(() => target.sync());
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  return {
    ...real,
    mkdir: ((...args: Parameters<Files['mkdir']>) =>
      write(() => real.mkdir(...args))) as Files['mkdir'],
    async link(from, to) {
      await faults.beforeLink?.();
      return write(() => real.link(from, to));
    },
    unlink: (path) => write(() => real.unlink(path)),
    open: async (path, flags, mode) =>
      faultyHandle(
        flags === 'r'
          ? await real.open(path, flags)
          : await write(() => real.open(path, flags, mode)),
      ),
    readdir: (async (...args: Parameters<Files['readdir']>) => {
      if (faults.listing === undefined) return real.readdir(...args);
      throw Object.assign(new Error(`${faults.listing}: i/o error, scandir`), {
        code: faults.listing,
        syscall: 'scandir',
        path: String(args[0]),
      });
    }) as Files['readdir'],
  };
}

async function dying<T>(work: () => Promise<T>, half: () => Promise<unknown>): Promise<T> {
  if (faults.died) throw new Error('The process is dead.');
  if (faults.writesLeft === 0) {
    faults.died = true;
    await half();
    throw new Error('The process died.');
  }
  faults.writesLeft = (faults.writesLeft ?? 0) - 1;
  return work();
}
