import type { CompleteInput } from '../workflows/input.js';
import { METHOD_TEXTS } from './method-text.js';

/** Temporal refuses a summary whose payload is larger than 400 bytes. */
const LONGEST_SUMMARY_BYTES = 300;

/** The line that the Temporal UI shows for the run in lists. */
export function summaryText({ label, phoneNumberId }: CompleteInput): string {
  return cut(`Onboard ${label || phoneNumberId}`);
}

/** What the Temporal UI shows on the run's page. */
export function detailsText(input: CompleteInput): string {
  return [
    `Number ${input.phoneNumberId}`,
    ...(input.requestedBy ? [`asked for by ${input.requestedBy}`] : []),
    `code by ${METHOD_TEXTS[input.codeMethod]} in ${input.language}, awaited for ${input.codeDeadline}`,
  ].join(', ');
}

/** A text that Temporal takes as a summary. */
export function cut(text: string): string {
  const letters = [...text];
  while (Buffer.byteLength(letters.join('')) > LONGEST_SUMMARY_BYTES) letters.pop();
  return letters.join('');
}
