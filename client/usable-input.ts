import type { Parsed } from '../workflows/input.js';
import { InvalidInputError } from './errors.js';

/** @throws InvalidInputError with the sentence of what was refused */
export function usable<T>(parsed: Parsed<T>): T {
  if (!parsed.ok) throw new InvalidInputError(parsed.sentence);
  return parsed.value;
}
