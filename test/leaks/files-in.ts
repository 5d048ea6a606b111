import { lstat, readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { hasCode } from '../../activities/pin-store/durable-files.js';
import type { Place } from './leak-scan.js';

const isDatabase = (name: string) => /\.db(?:-wal|-shm|-journal)?$/.test(name);

/** Every file in a folder and below. A database of Temporal's is told by its name. */
export async function filesIn(folder: string): Promise<Place[]> {
  const names = await readdir(folder, { recursive: true });
  const places = await Promise.all(names.map((name) => fileIn(folder, name)));
  return places.flat();
}

async function fileIn(folder: string, name: string): Promise<Place[]> {
  const path = join(folder, name);
  try {
    if (!(await lstat(path)).isFile()) return [];
    const bytes = await readFile(path);
    return isDatabase(basename(name))
      ? [{ kind: 'database', name: `file ${name}`, content: bytes }]
      : [{ kind: 'else', name: `file ${name}`, content: { name, bytes } }];
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return []; // a database's journal comes and goes
    throw error;
  }
}
