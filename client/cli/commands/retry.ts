import type { AddCommand } from '../command.js';
import { addDecision } from '../decision-command.js';

export const addRetry: AddCommand = (program, session, run) =>
  addDecision(program, session, run, 'retry', {
    summary: 'let a parked run try again',
    description:
      'Tell a parked onboarding, rotation or other run that its cause is cured: it tries again what it was parked for. One that only waits for Meta may take it too, and then looks at once; status shows what may be given.',
    told: 'try again',
  });
