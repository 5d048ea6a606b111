import { createInterface } from 'node:readline/promises';
import type { Terminal } from './session.js';

const OTHER_SCREEN = '\u001b[?1049h\u001b[H';
/** Erased first, as some terminals keep the other screen, and show it again. */
const FORMER_SCREEN = '\u001b[H\u001b[2J\u001b[?1049l';

/**
 * Shows lines to the person at a terminal until Enter is pressed, on the screen that terminals keep beside the one that
 * scrolls: nothing of it is left to scroll back to, also after Ctrl-C.
 */
export async function showUntilEnter({ stdin, stdout }: Terminal, lines: string[]): Promise<void> {
  const leave = () => {
    stdout.write(FORMER_SCREEN);
  };
  process.once('exit', leave);
  try {
    stdout.write(`${OTHER_SCREEN}${lines.map((line) => `${line}\r\n`).join('')}`);
    await oneLine(stdin);
  } finally {
    process.off('exit', leave);
    leave();
  }
}

async function oneLine(input: NodeJS.ReadableStream): Promise<void> {
  const reading = createInterface({ input });
  try {
    for await (const _line of reading) return;
  } finally {
    reading.close();
  }
}
