import type { Command } from 'commander';
import type { SweepInput } from '../../workflows/messages.js';
import { InvalidInputError } from '../errors.js';
import { durationOption, PIN_AGE } from './duration-option.js';
import { userName } from './user-name.js';

/** How fast a sweep goes, and when it halts, as typed. */
export interface SweepFlags {
  perMinute?: string;
  atOnce?: string;
  haltShare?: string;
}

export function addSweepOptions(command: Command): Command {
  return command
    .option('--per-minute <count>', 'rotations begun in a minute, 1 to 600 (default: 10)')
    .option('--at-once <count>', 'rotations under way at a time, 1 to 200 (default: 20)')
    .option(
      '--halt-share <share>',
      'halt when more than this share of the last 20 rotations failed (default: 0.2)',
    );
}

/**
 * @param age how old a PIN may get, with the name of the option that says so
 * @throws InvalidInputError
 */
export function sweepInputOf(
  flags: SweepFlags,
  age: { option: string; text: string | undefined },
): SweepInput {
  const requestedBy = userName();
  return {
    ...(age.text === undefined ? {} : { age: durationOption(age.option, age.text, PIN_AGE) }),
    ...counted('perMinute', '--per-minute', flags.perMinute, 600),
    ...counted('atOnce', '--at-once', flags.atOnce, 200),
    ...(flags.haltShare === undefined ? {} : { haltShare: shareOf(flags.haltShare) }),
    ...(requestedBy === undefined ? {} : { requestedBy }),
  };
}

function counted<Name extends 'perMinute' | 'atOnce'>(
  name: Name,
  option: string,
  text: string | undefined,
  most: number,
): { [Key in Name]?: number } {
  if (text === undefined) return {};
  const count = /^[0-9]{1,4}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > most) {
    throw new InvalidInputError(`${option} must be a whole number from 1 to ${most}.`);
  }
  return { [name]: count } as { [Key in Name]?: number };
}

/** A share as `0.2` or `20%`. */
function shareOf(text: string): number {
  const typed = /^([0-9]{1,3}(?:\.[0-9]{1,4})?)(%?)$/.exec(text.trim());
  const share = typed === null ? 0 : Number(typed[1]) / (typed[2] === '%' ? 100 : 1);
  if (share > 0 && share <= 1) return share;
  throw new InvalidInputError('--halt-share must be above 0 and at most 1, such as 0.2.');
}
