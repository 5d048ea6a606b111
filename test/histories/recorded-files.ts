/** Where recorded histories lie, and what their text may hold. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const HISTORIES_FOLDER = import.meta.dirname;

const EXTENSION = '.json';

export const fileOf = (name: string): string => join(HISTORIES_FOLDER, `${name}${EXTENSION}`);

/** Names of the recorded histories. */
export function recordedNames(): string[] {
  return readdirSync(HISTORIES_FOLDER)
    .filter((file) => file.endsWith(EXTENSION))
    .map((file) => file.slice(0, -EXTENSION.length))
    .sort();
}

export function readRecorded(name: string): { events: Record<string, unknown>[] } {
  return JSON.parse(readFileSync(fileOf(name), 'utf8')) as { events: Record<string, unknown>[] };
}
