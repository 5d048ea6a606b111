import { STEP_TITLES } from '../../../workflows/current-details.js';
import type { StepProgress, StepState } from '../../../workflows/messages.js';
import { useNow } from '../context.js';
import { durationText } from '../time-texts.js';
import { STEP_STATE_TEXTS } from '../words.js';
import { Icon, type IconName } from './icons.js';
import { Clock } from './times.js';

const ICONS: Partial<Record<StepState, IconName>> = {
  done: 'check',
  skipped: 'dash',
  deferred: 'later',
  compensated: 'undo',
  failed: 'cross',
};

/** All steps with their states, times and reasons. */
export function Steps({ steps, running }: { steps: StepProgress[]; running: boolean }) {
  return (
    <section class="card" aria-labelledby="facts-steps">
      <h2 id="facts-steps">Steps</h2>
      {steps.length === 0 ? (
        <p class="quiet">The steps are not known at the moment.</p>
      ) : (
        <ol class="steps" aria-label="Steps">
          {steps.map((step) => (
            <Step key={step.name} step={step} running={running} />
          ))}
        </ol>
      )}
    </section>
  );
}

function Step({ step, running }: { step: StepProgress; running: boolean }) {
  const { name, state, reason, startedAt } = step;
  const icon = ICONS[state];
  return (
    <li class="step" data-step={name} data-state={state}>
      <span class="step-mark">{icon !== undefined && <Icon name={icon} size={14} />}</span>
      <div class="step-body">
        <p class="step-line">
          <span class="step-title">{STEP_TITLES[name]}</span>
          <span class="step-state">{STEP_STATE_TEXTS[state]}</span>
        </p>
        {reason !== undefined && <p class="step-reason">{reason}</p>}
      </div>
      {startedAt !== undefined && (
        <p class="step-time">
          <Clock at={startedAt} />
          <StepDuration step={step} startedAt={startedAt} running={running} />
        </p>
      )}
    </li>
  );
}

function StepDuration({
  step,
  startedAt,
  running,
}: {
  step: StepProgress;
  startedAt: string;
  running: boolean;
}) {
  const now = useNow();
  const end =
    step.endedAt === undefined
      ? running && step.state === 'running'
        ? now
        : undefined
      : Date.parse(step.endedAt);
  return end === undefined ? null : (
    <span class="step-duration">{durationText(end - Date.parse(startedAt))}</span>
  );
}
