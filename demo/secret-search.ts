/** Looks for a secret in everything that Temporal keeps of a run. */
import type { WorkflowHandle } from '@temporalio/client';

export type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;

/**
 * Where a secret stands in a history: as it is, as a number, percent-encoded, or in base64 at any alignment. Digits within a
 * longer run of digits do not count: an instant holds many six-digit numbers.
 *
 * @returns paths such as `events.4.activityTaskScheduledEventAttributes.input`; empty when it is nowhere
 */
export function placesOf(secret: string, history: History): string[] {
  const patterns = patternsOf(secret);
  const places: string[] = [];
  const visit = (value: unknown, path: string): void => {
    if (typeof value === 'string' || value instanceof Uint8Array) {
      const text = typeof value === 'string' ? value : Buffer.from(value).toString('latin1');
      if (patterns.some((pattern) => pattern.test(text))) places.push(path);
    } else if (typeof value === 'number') {
      if (value === Number(secret)) places.push(path);
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) visit(inner, path ? `${path}.${key}` : key);
    }
  };
  visit(history, '');
  return places;
}

function patternsOf(secret: string): RegExp[] {
  const percent = [...Buffer.from(secret)]
    .map((byte) => `%${byte.toString(16).padStart(2, '0')}`)
    .join('');
  return [
    new RegExp(`(?<![0-9])${escaped(secret)}(?![0-9])`),
    new RegExp(escaped(percent), 'i'),
    ...[0, 1, 2].map((before) => new RegExp(escaped(base64At(secret, before)))),
  ];
}

/** The characters of a text's base64 that depend on the secret alone, when `before` bytes (modulo 3) stand before it. */
function base64At(secret: string, before: number): string {
  const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)]);
  const whole = bytes.toString('base64').replaceAll('=', '');
  const first = Math.ceil((before * 8) / 6);
  const last = Math.floor((bytes.length * 8) / 6);
  return whole.slice(first, last);
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
