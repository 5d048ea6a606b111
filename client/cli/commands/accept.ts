import type { AddCommand } from '../command.js';
import { addDecision } from '../decision-command.js';

export const addAccept: AddCommand = (program, session, run) =>
  addDecision(program, session, run, 'accept', {
    summary: 'finish although Meta refused the PIN',
    description:
      'Finish an onboarding that is parked because Meta registered the number and then refused its PIN: the number stays registered, and the result says that the PIN is unconfirmed.',
    told: 'finish with its PIN unconfirmed',
  });
