import { TRIES_PER_CODE } from '../../workflows/code-rules.js';
import { FAILURE_TYPES, type OnboardingProgress } from '../../workflows/messages.js';
import type { OnboardingStatus } from '../onboarding-status.js';
import { instantAndAge } from './time-text.js';

/** What a person would type now. */
export function nextCommands(status: OnboardingStatus, now: Date): string[] {
  const { phoneNumberId: id, progress } = status;
  if (status.run === 'completed') return [];
  if (status.run !== 'running') return startAgain(status);
  if (status.stage === 'AwaitingCode') {
    const usable =
      progress === undefined || (progress.code !== undefined && triesLeftOf(progress.code) > 0);
    return [...(usable ? [`npx wa-onboard code ${id}`] : []), resendText(id, progress?.code, now)];
  }
  return status.stage === 'Parked' ? [`npx wa-onboard cancel ${id}`] : [];
}

/** How many codes may still be tried before a new one has to be sent. */
export function triesLeftOf({ refusedCount }: SentCode): number {
  return Math.max(0, TRIES_PER_CODE - refusedCount);
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

function startAgain({ phoneNumberId: id, failure }: OnboardingStatus): string[] {
  const advice = failure?.details?.problem?.advice ?? failure?.message ?? '';
  if (/take-?over/i.test(advice)) return [`npx wa-onboard start ${id} --take-over`];
  return failure !== undefined && HOPELESS.has(failure.type) ? [] : [`npx wa-onboard start ${id}`];
}
