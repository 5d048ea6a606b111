/** Onboardings as the desk meets them, and a Temporal whose list lags until it is told to catch up. */
import { setImmediate as turn } from 'node:timers/promises';
import type { DeskSource } from '../../client/api/desk-source.js';
import type { Onboarding } from '../../client/api/schemas.js';
import type { OnboardingSummary } from '../../client/onboarding-status.js';
import type { DeskCard, OnboardingProgress } from '../../workflows/messages.js';
import { STEP_NAMES } from '../../workflows/messages.js';

/** When the desk's tests take place. */
export const NOON = Date.parse('2026-11-23T12:00:00Z');

/** An instant so many seconds after noon. */
export const at = (seconds: number) => new Date(NOON + seconds * 1_000).toISOString();

export function codeSentAt(seconds: number): NonNullable<DeskCard['code']> {
  return {
    method: 'SMS',
    sentAt: at(seconds),
    expiresAt: at(seconds + 600),
    sentCount: 1,
    refusedCount: 0,
    triesLeft: 5,
    nextSendAt: at(seconds + 120),
  };
}

export const waitingSince = (seconds: number): NonNullable<DeskCard['waiting']> => ({
  for: 'the code',
  since: at(seconds),
  until: at(seconds + 86_400),
});

export const claimedBy = (by: string): NonNullable<DeskCard['claim']> => ({
  by,
  since: at(0),
  until: at(300),
});

export function onboarding(changes: Partial<Onboarding> = {}): Onboarding {
  return {
    phoneNumberId: '106540352242922',
    runId: 'run-1',
    operation: 'onboardNumber',
    run: 'running',
    startedAt: at(-60),
    ...changes,
  };
}

/** A run that waits for a code, as Temporal lists it. */
export function awaitingCode(
  phoneNumberId: string,
  { card = {}, ...changes }: Partial<OnboardingSummary> = {},
): OnboardingSummary {
  return {
    phoneNumberId,
    workflowId: `whatsapp-number-${phoneNumberId}`,
    runId: `run-of-${phoneNumberId}`,
    operation: 'onboardNumber',
    run: 'running',
    stage: 'AwaitingCode',
    startedAt: at(-60),
    ...changes,
    card: { waiting: waitingSince(-30), code: codeSentAt(-30), ...card },
  };
}

/** What that run says of itself; its card is what it has published, unless other is said. */
export function progressOf(
  { phoneNumberId, stage = 'AwaitingCode', card = {} }: OnboardingSummary,
  changes: Partial<OnboardingProgress> = {},
): OnboardingProgress {
  const { lastDigits, businessName, problem: _asText, ...shown } = card;
  return {
    phoneNumberId,
    operation: 'onboardNumber',
    stage,
    number: {
      ...(lastDigits === undefined ? {} : { lastDigits }),
      ...(businessName === undefined ? {} : { businessName }),
    },
    steps: STEP_NAMES.map((name) => ({ name, state: 'pending' })),
    budget: { register: { used: 0, limit: 10 }, deregister: { used: 0, limit: 10 } },
    ...shown,
    ...changes,
  };
}

export interface LaggingTemporal {
  source: DeskSource;
  /** A run begins or changes. `said` is what it says of itself where that is more than it has published. */
  now(summary: OnboardingSummary, said?: Partial<OnboardingProgress>): void;
  ended(phoneNumberId: string): void;
  /** The list shows what is: onboardings, and of other runs those that are parked. */
  catchUp(): void;
  /** Every call fails, or none does any more. */
  fail(error: Error | undefined): void;
  /** Every call but the list fails from now on. */
  failToDescribe(): void;
  /** How long a call of the list takes, in milliseconds of the test's clock. */
  listTakes(ms: number): void;
  workerAnswers(yes: boolean): void;
  /** How long a worker takes to answer, in milliseconds of the test's clock. */
  workerTakes(ms: number): void;
  readonly calls: { page: number; describe: number; progress: number };
}

export function laggingTemporal({ pageSize = 1_000 } = {}): LaggingTemporal {
  const truth = new Map<string, { summary: OnboardingSummary; said: OnboardingProgress }>();
  const calls = { page: 0, describe: 0, progress: 0 };
  let listed: OnboardingSummary[] = [];
  let failure: Error | undefined;
  let worker = true;
  let workerMs = 0;
  let describes = true;
  let listMs = 0;

  const answer = () => {
    if (failure !== undefined) throw failure;
  };

  return {
    calls,
    source: {
      async page(pageToken = '0') {
        calls.page += 1;
        if (listMs > 0) await new Promise((resolve) => setTimeout(resolve, listMs));
        answer();
        const begin = Number(pageToken);
        const end = begin + pageSize;
        return {
          items: listed.slice(begin, end),
          ...(end < listed.length ? { nextPageToken: String(end) } : {}),
        };
      },
      async describe(phoneNumberId) {
        calls.describe += 1;
        answer();
        if (!describes) throw new Error('no description');
        return truth.get(phoneNumberId)?.summary;
      },
      async progress(phoneNumberId) {
        calls.progress += 1;
        if (workerMs > 0) await new Promise((resolve) => setTimeout(resolve, workerMs));
        answer();
        return worker ? truth.get(phoneNumberId)?.said : undefined;
      },
    },
    now(summary, said) {
      truth.set(summary.phoneNumberId, { summary, said: progressOf(summary, said) });
    },
    ended(phoneNumberId) {
      const summary = truth.get(phoneNumberId)?.summary;
      if (summary === undefined) throw new Error(`No run of ${phoneNumberId}.`);
      const ended = { ...summary, run: 'completed', stage: 'Live' } as const;
      truth.set(phoneNumberId, { summary: ended, said: progressOf(ended) });
    },
    catchUp() {
      listed = [...truth.values()]
        .map(({ summary }) => summary)
        .filter(
          ({ run, operation, stage }) =>
            run === 'running' && (operation === 'onboardNumber' || stage === 'Parked'),
        );
    },
    fail(error) {
      failure = error;
    },
    failToDescribe() {
      describes = false;
    },
    listTakes(ms) {
      listMs = ms;
    },
    workerTakes(ms) {
      workerMs = ms;
    },
    workerAnswers(yes) {
      worker = yes;
    },
  };
}

/** Lets everything go on that waits for nothing but its turn. */
export async function settled(): Promise<void> {
  for (let turns = 0; turns < 20; turns += 1) await turn();
}
