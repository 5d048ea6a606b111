import type { WorkflowHandle } from '@temporalio/client';

export type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;

/**
 * All text that a history holds: its fields, and what its payloads hold, decoded from their bytes. Numbers of the server's
 * own fields (ids, times) are left out.
 */
export function historyText(history: History): string {
  const texts: string[] = [];
  collect(history, texts);
  return texts.join('\n');
}

function collect(value: unknown, texts: string[]): void {
  if (value instanceof Uint8Array) texts.push(Buffer.from(value).toString('utf8'));
  else if (Array.isArray(value)) for (const each of value) collect(each, texts);
  else if (typeof value === 'object' && value !== null) {
    for (const [name, each] of Object.entries(value)) {
      texts.push(name);
      collect(each, texts);
    }
  } else if (typeof value === 'string') texts.push(value);
}

/** Does the text hold these characters as a word of their own, and not within a longer number or id? */
export function holdsWord(text: string, word: string): boolean {
  return new RegExp(`(?<![0-9A-Za-z])${word}(?![0-9A-Za-z])`).test(text);
}
