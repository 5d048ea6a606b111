import type { OnboardingProgress, ProblemReport } from '../../workflows/messages.js';
import type { OnboardingStatus } from '../onboarding-status.js';
import { block, type Line } from './block.js';
import { instantText } from './time-text.js';
import type { View } from './view.js';

/** What is wrong now, or ended the run; what was wrong on the way to another end is over. */
export function problemOf({
  run,
  progress,
  failure,
}: Pick<OnboardingStatus, 'run' | 'progress' | 'failure'>): ProblemReport | undefined {
  if (run !== 'running' && run !== 'failed') return undefined;
  return progress?.problem ?? failure?.details?.problem;
}

/** What is wrong, in Meta's words where they are, and what to do about it. */
export function renderProblem(status: OnboardingStatus, view: View): string[] {
  const problem = problemOf(status);
  if (problem === undefined) return [];
  const { colors } = view;
  const source = sourceOf(problem);
  return block(
    'Problem',
    [
      [problem.text, colors.red],
      ...(source === '' ? [] : [[source, colors.dim] satisfies Line]),
      `What to do: ${problem.advice}`,
    ],
    view,
  );
}

/** What Meta's support asks for: `Meta's code 133005, fbtrace_id A1b2`. */
export function sourceOf(problem: ProblemReport): string {
  return [
    ...(problem.code === undefined
      ? []
      : [
          `Meta's code ${problem.code}${problem.subcode === undefined ? '' : `/${problem.subcode}`}`,
        ]),
    ...(problem.fbtraceId === undefined ? [] : [`fbtrace_id ${problem.fbtraceId}`]),
  ].join(', ');
}

/** A message that had no effect, and why. */
export function ignoredText({
  message,
  at,
  reason,
}: NonNullable<OnboardingProgress['ignored']>): string {
  return `${message} at ${instantText(at)}: ${reason}`;
}
