import { useState } from 'preact/hooks';
import type { OnboardingDetail } from '../../api/schemas.js';
import { useMay, useShared } from '../context.js';
import { goTo } from '../route.js';
import { mayCancel, operationNoun } from '../words.js';
import { type Decision, DecisionDialog } from './decision-dialog.js';
import { ExtendDialog } from './extend-dialog.js';
import { Icon } from './icons.js';
import { panel } from './panel-choice.js';

/** What the reader may do with a number as it stands. */
export function NumberActions({ detail }: { detail: OnboardingDetail }) {
  const { phoneNumberId, run, stage, progress, label } = detail;
  const maySubmit = useMay('code:submit');
  const mayOperate = useMay('onboarding:operate');
  const mayStart = useMay('onboarding:start');
  const { open } = useShared();
  const [decision, setDecision] = useState<Decision>();
  const [extending, setExtending] = useState(false);
  const running = run === 'running';
  const operation = detail.operation;
  const mayBeOnboarded = operation === 'onboardNumber' || operation === 'offboardNumber';
  const waits = running && (stage === 'AwaitingCode' || stage === 'AwaitingAgent');
  const untold: ('retry' | 'accept')[] = stage === 'Parked' ? ['retry'] : [];
  const decisions = progress === undefined ? untold : (progress.waiting?.decisions ?? []);
  return (
    <div class="number-actions">
      {mayOperate && running && mayCancel(progress) && (
        <button type="button" class="button button-danger" onClick={() => setDecision('cancel')}>
          Cancel {operationNoun(operation)}
        </button>
      )}
      {waits && maySubmit && progress?.waiting !== undefined && (
        <button type="button" class="button" onClick={() => setExtending(true)}>
          <Icon name="clock" /> Extend deadline
        </button>
      )}
      {mayOperate && running && decisions.includes('accept') && (
        <button type="button" class="button" onClick={() => setDecision('accept')}>
          Accept
        </button>
      )}
      {mayOperate && running && decisions.includes('retry') && (
        <button
          type="button"
          class={stage === 'Parked' ? 'button button-main' : 'button'}
          onClick={() => setDecision('retry')}
        >
          Retry
        </button>
      )}
      {waits && maySubmit && (
        <button
          type="button"
          class="button button-main"
          onClick={() => {
            panel.set('work');
            goTo({ take: phoneNumberId });
          }}
        >
          Take this number
        </button>
      )}
      {!running && mayStart && mayBeOnboarded && (
        <button
          type="button"
          class="button"
          onClick={() =>
            open({ start: { phoneNumberId, ...(label === undefined ? {} : { label }) } })
          }
        >
          Start again
        </button>
      )}
      {decision !== undefined && (
        <DecisionDialog
          detail={detail}
          decision={decision}
          onClose={() => setDecision(undefined)}
        />
      )}
      {extending && progress?.waiting !== undefined && (
        <ExtendDialog
          phoneNumberId={phoneNumberId}
          until={progress.waiting.until}
          onClose={() => setExtending(false)}
        />
      )}
    </div>
  );
}
