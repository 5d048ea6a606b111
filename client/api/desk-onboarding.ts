import { deskCardOf } from '../../workflows/desk-card.js';
import type { OnboardingProgress } from '../../workflows/messages.js';
import type { OnboardingSummary } from '../onboarding-status.js';
import { type Onboarding, onboardingSchema, stageSchema } from './schemas.js';

/** Address of a run in the Temporal UI, where it is known. */
export type RunLink = (workflowId: string, runId: string) => string | undefined;

/** An onboarding as the API shows it, and as text, which is equal where what is shown is equal. */
export interface Listed {
  readonly onboarding: Onboarding;
  readonly text: string;
}

const CARD = onboardingSchema.pick({
  lastDigits: true,
  businessName: true,
  waiting: true,
  code: true,
  claim: true,
  problem: true,
}).shape;
const CARD_KEYS = Object.keys(CARD) as (keyof typeof CARD)[];

/**
 * What lists show of a run. A worker of another version may have published something this one does not know; that is left
 * out, so that one odd run spoils no list.
 */
export function listedOf(summary: OnboardingSummary, link?: RunLink): Listed {
  const { phoneNumberId, workflowId, runId, operation, run, label, startedAt, endedAt } = summary;
  const stage = stageSchema.safeParse(summary.stage);
  const address = link?.(workflowId, runId);
  const card = summary.card ?? {};
  const onboarding: Onboarding = {
    phoneNumberId,
    runId,
    operation,
    run,
    ...(stage.success ? { stage: stage.data } : {}),
    ...(label === undefined ? {} : { label }),
    startedAt,
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(address === undefined ? {} : { link: address }),
    ...Object.fromEntries(CARD_KEYS.flatMap((key) => known(key, card[key]))),
  };
  return { onboarding, text: JSON.stringify(onboarding) };
}

/** The same of a run that has just said itself where it stands, which is newer than what it has published. */
export function listedNow(
  summary: OnboardingSummary,
  progress: OnboardingProgress,
  link?: RunLink,
): Listed {
  return listedOf({ ...summary, stage: progress.stage, card: deskCardOf(progress) }, link);
}

function known(key: keyof typeof CARD, value: unknown): [string, unknown][] {
  if (value === undefined) return [];
  const parsed = CARD[key].safeParse(value);
  return parsed.success ? [[key, parsed.data]] : [];
}
