import type { createColors } from 'picocolors';
import type { OnboardingClient, OnboardingStatus, StepProgress } from '../client/index.js';
import { STEP_TITLES } from '../workflows/current-details.js';

type Colors = ReturnType<typeof createColors>;

/** Prints what happens, as it happens, with the time since the beginning. */
export interface Timeline {
  /** Something that happened; more lines than one stand below each other. */
  say(...lines: string[]): void;
  /** Follow a run: each change of a step is a line. Resolves when the run has ended. */
  follow(client: OnboardingClient, phoneNumberId: string): Promise<void>;
  /** Resolves with the first status that fits, also one that was seen before. */
  until(fits: (status: OnboardingStatus) => boolean): Promise<OnboardingStatus>;
}

export function createTimeline(print: (line: string) => void, colors: Colors): Timeline {
  const begun = performance.now();
  let latest: OnboardingStatus | undefined;
  const waiting = new Set<() => void>();

  const line = (...lines: string[]) => {
    const time = `${((performance.now() - begun) / 1000).toFixed(1)} s`.padStart(7);
    for (const [index, text] of lines.entries()) {
      print(`  ${index === 0 ? colors.dim(time) : ' '.repeat(time.length)}  ${text}`);
    }
  };

  return {
    say: line,
    async follow(client, phoneNumberId) {
      for await (const status of client.watch(phoneNumberId)) {
        for (const step of changedSteps(latest, status)) {
          const text = stepText(step, colors);
          if (text !== undefined) line(text);
        }
        latest = status;
        for (const check of waiting) check();
      }
    },
    until: (fits) =>
      new Promise((resolve) => {
        const check = () => {
          if (latest === undefined || !fits(latest)) return;
          waiting.delete(check);
          resolve(latest);
        };
        waiting.add(check);
        check();
      }),
  };
}

const stepsOf = (status: OnboardingStatus | undefined): StepProgress[] =>
  status?.progress?.steps ?? status?.result?.steps ?? [];

/** Steps that are in another state than before; those that nothing has happened to yet are left out. */
function changedSteps(
  before: OnboardingStatus | undefined,
  after: OnboardingStatus,
): StepProgress[] {
  const known = new Map(stepsOf(before).map(({ name, state }) => [name, state]));
  return stepsOf(after).filter(
    ({ name, state }) => state !== 'pending' && state !== (known.get(name) ?? 'pending'),
  );
}

/** A step that people take long over is worth a line when it begins; the others follow each other within a moment. */
function stepText({ name, state, reason }: StepProgress, colors: Colors): string | undefined {
  const title = STEP_TITLES[name];
  if (state === 'done') return `${colors.green('✔')} ${title}`;
  if (state === 'running') return name === 'awaitCode' ? `${colors.cyan('●')} ${title}` : undefined;
  if (state === 'failed') return `${colors.red('✖')} ${title}${reason ? `: ${reason}` : ''}`;
  return `${colors.yellow('↷')} ${title}: ${state}`;
}
