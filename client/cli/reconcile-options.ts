import type { Command } from 'commander';
import type { ReconcileInput } from '../../workflows/messages.js';
import { InvalidInputError } from '../errors.js';
import { durationOption, PIN_AGE } from './duration-option.js';
import { userName } from './user-name.js';

/** What a comparison looks at and cures, as typed. */
export interface ReconcileFlags {
  waba?: string;
  age?: string;
  subscribe?: boolean;
  reregister?: boolean;
  notify: boolean;
}

export function addReconcileOptions(command: Command): Command {
  return command
    .option('--waba <id>', 'the WhatsApp Business account (default: the worker’s)')
    .option('--age <duration>', 'PINs older than this are a finding (default: 90 days)')
    .option('--subscribe', 'subscribe the app to the account’s webhooks where it is not')
    .option('--reregister', 'register numbers again whose display name has changed')
    .option('--no-notify', 'notify nobody of what is found');
}

/** @throws InvalidInputError */
export function reconcileInputOf(flags: ReconcileFlags): ReconcileInput {
  const { waba, age, subscribe, reregister, notify } = flags;
  if (waba !== undefined && !/^[0-9]{5,25}$/.test(waba)) {
    throw new InvalidInputError('--waba must be Meta’s id of the account, of 5 to 25 digits.');
  }
  const requestedBy = userName();
  return {
    ...(waba === undefined ? {} : { wabaId: waba }),
    ...(age === undefined ? {} : { age: durationOption('--age', age, PIN_AGE) }),
    ...(subscribe === undefined ? {} : { subscribe }),
    ...(reregister === undefined ? {} : { reregister }),
    ...(notify ? {} : { notify }),
    ...(requestedBy === undefined ? {} : { requestedBy }),
  };
}
