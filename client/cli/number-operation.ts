import type { OnboardingClient } from '../onboarding-client.js';
import type { OnboardingStatus } from '../onboarding-status.js';
import type { StartedOnboarding } from '../start-onboarding.js';
import { EXIT, type ExitCode, exitCodeOfStatus } from './exit-codes.js';
import { followUntil } from './follow.js';
import type { Session } from './session.js';

/** What `rotate`, `reregister` and `offboard` have in common: each begins a run, and shows it until it needs nobody or somebody. */
export interface NumberOperationCommand {
  phoneNumberId: string;
  /** Said once it has begun. */
  begun: string;
  /** False where the command is to end once the run has begun. */
  wait: boolean;
  begin(client: OnboardingClient): Promise<StartedOnboarding>;
}

/** The help of commands that begin an operation. */
export const OPERATION_EXIT_CODES =
  'Exit code: 0 done; 5 parked, with cause and cure; 4 refused, or another run of the number is open; 1 failed.';

/** @returns the exit code of how the run stands when it has ended or is parked */
export function beginOperation(
  session: Session,
  { phoneNumberId, begun, wait, begin }: NumberOperationCommand,
): Promise<ExitCode> {
  return session.withClient(async (client, link) => {
    const started = await begin(client);
    const url = link(started.workflowId, started.runId);
    const document = { ...started, ...(url === undefined ? {} : { link: url }) };
    const told = [begun, ...(url === undefined ? [] : [`In the Temporal UI: ${url}`])];
    if (!wait) {
      session.tell([...told, `Follow it:   npx wa-onboard watch ${phoneNumberId}`], document);
      return EXIT.done;
    }
    if (!session.json) session.tell([...told, ''], document);
    const status = await followUntil(session, client, phoneNumberId, needsNobodyElse);
    if (session.json) session.answer([], { ...document, status });
    return exitCodeOfStatus(status);
  });
}

/** Ended, or with something that only a person can do. */
const needsNobodyElse = ({ run, stage }: OnboardingStatus) =>
  run !== 'running' || stage === 'Parked';
