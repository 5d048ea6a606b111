import {
  FAILURE_TYPES,
  ONBOARD_NUMBER,
  type OnboardingProgress,
} from '../../workflows/messages.js';
import type { OnboardingStatus } from '../onboarding-status.js';
import { OPERATION_COMMANDS } from './operation-words.js';
import { instantAndAge } from './time-text.js';

/** What a person would type now. */
export function nextCommands(status: OnboardingStatus, now: Date): string[] {
  const { phoneNumberId: id, progress } = status;
  if (status.run === 'completed') {
    // A new run looks anew, and does what is left to do.
    if (status.result?.outcome !== 'registered') return [];
    return [`npx wa-onboard ${status.operation === ONBOARD_NUMBER ? 'start' : 'number'} ${id}`];
  }
  if (status.run !== 'running') return startAgain(status);
  if (status.stage === 'AwaitingAgent') return [`npx wa-onboard ready ${id}`];
  if (status.stage === 'AwaitingCode') {
    const usable =
      progress === undefined || (progress.code !== undefined && progress.code.triesLeft > 0);
    return [...(usable ? [`npx wa-onboard code ${id}`] : []), resendText(id, progress?.code, now)];
  }
  const commands = progress === undefined ? [] : decisionsOn(progress);
  if (status.stage !== 'Parked')
    return commands.map((command) => `npx wa-onboard ${command} ${id}`);
  return [
    ...(progress !== undefined && wantsPin(progress) ? ['pin provide'] : []),
    ...(progress === undefined ? ['retry'] : commands),
    // From there on, a cancel would change nothing: Meta has the PIN.
    ...(progress?.waiting?.onExpiry === 'alertAgain' ? [] : ['cancel']),
  ].map((command) => `npx wa-onboard ${command} ${id}`);
}

const decisionsOn = ({ waiting }: OnboardingProgress): string[] => waiting?.decisions ?? [];

/** Meta's codes for a PIN that is not the number's. The second also means other things, so its text has to name the PIN. */
const PIN_MISMATCH = 133005;
const DATA_MISMATCH = 131031;

/**
 * Is the run parked because it lacks the PIN that Meta knows? That is needed to register only: setting a PIN needs no
 * former one.
 */
export function wantsPin({ problem, waiting, steps }: OnboardingProgress): boolean {
  const setsPin = steps.some(({ name, state }) => name === 'setTwoStepPin' && state !== 'pending');
  if (problem === undefined || setsPin) return false;
  const { code, text, advice } = problem;
  if (code === PIN_MISMATCH) return true;
  if (code === DATA_MISMATCH) return /\bpin\b/i.test(text);
  return /\bpin provide\b/.test(waiting?.cure ?? advice);
}

type SentCode = NonNullable<OnboardingProgress['code']>;

function resendText(id: string, code: SentCode | undefined, now: Date): string {
  const command = `npx wa-onboard resend ${id}`;
  return code === undefined || Date.parse(code.nextSendAt) <= now.getTime()
    ? command
    : `${command} (allowed at ${instantAndAge(code.nextSendAt, now)})`;
}

/** Where the number itself forbids onboarding, the same start ends the same way. */
const HOPELESS: ReadonlySet<string> = new Set([FAILURE_TYPES.refused, FAILURE_TYPES.invalidInput]);

function startAgain({ phoneNumberId: id, operation, failure }: OnboardingStatus): string[] {
  const advice = failure?.details?.problem?.advice ?? failure?.message ?? '';
  if (/take-?over/i.test(advice)) return [`npx wa-onboard start ${id} --take-over`];
  return failure !== undefined && HOPELESS.has(failure.type)
    ? []
    : [`npx wa-onboard ${OPERATION_COMMANDS[operation]} ${id}`];
}
