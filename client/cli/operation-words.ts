import type { NumberOperation } from '../../workflows/messages.js';

/** What is done with a number, as a noun. */
export const OPERATION_WORDS: Record<NumberOperation, string> = {
  onboardNumber: 'onboarding',
  rotatePin: 'rotation',
  reregisterNumber: 're-registration',
  offboardNumber: 'offboarding',
};

/** The same for whatever a run says that it is. */
export function operationWord(operation: string): string {
  return (OPERATION_WORDS as Readonly<Record<string, string>>)[operation] ?? operation;
}

/** The command that begins it. */
export const OPERATION_COMMANDS: Record<NumberOperation, string> = {
  onboardNumber: 'start',
  rotatePin: 'rotate',
  reregisterNumber: 'reregister',
  offboardNumber: 'offboard',
};
