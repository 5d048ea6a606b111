import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type NumberState, numberFrom } from './number-state.js';
import type { AccountState } from './registry.js';

/** What survives a restart of the simulator. It holds PINs and codes in plain text, as Meta's own books would. */
export interface SavedState {
  clockOffsetMs: number;
  numbers: NumberState[];
  accounts: AccountState[];
}

/**
 * @returns what was saved, undefined where the file does not exist
 * @throws Error that says what to do when the file cannot be used
 */
export function loadState(file: string): SavedState | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new Error(`The simulator's state file ${file} cannot be read; check its permissions.`, {
      cause: error,
    });
  }
  try {
    const saved = JSON.parse(text) as SavedState;
    return {
      clockOffsetMs: saved.clockOffsetMs,
      numbers: saved.numbers.map((number) => ({ ...numberFrom({ id: number.id }), ...number })),
      accounts: [...saved.accounts],
    };
  } catch (error) {
    throw new Error(
      `The simulator's state file ${file} is damaged; move it away to start with no numbers.`,
      { cause: error },
    );
  }
}

/**
 * Replaces the file in one step, readable by its owner only, so that a crash leaves the old state or the new one.
 *
 * @throws Error that says what to do when the file cannot be written
 */
export function saveState(file: string, state: SavedState): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    const descriptor = openSync(temporary, 'w', 0o600);
    try {
      writeFileSync(descriptor, JSON.stringify(state));
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, file);
  } catch (error) {
    throw new Error(
      `The simulator's state file ${file} cannot be written; check that its folder exists and is yours.`,
      { cause: error },
    );
  }
}
