import { useState } from 'preact/hooks';
import type { OnboardingDetail } from '../../api/schemas.js';
import { useShared } from '../context.js';
import { cancelTexts, operationNoun } from '../words.js';
import { Dialog } from './dialog.js';

export type Decision = 'retry' | 'accept' | 'cancel';

const TITLES: Record<Decision, (noun: string) => string> = {
  retry: () => 'Retry?',
  accept: () => 'Accept with the PIN unconfirmed?',
  cancel: (noun) => `Cancel this ${noun}?`,
};

const CONFIRM: Record<Decision, (noun: string) => string> = {
  retry: () => 'Retry now',
  accept: () => 'Accept',
  cancel: (noun) => `Cancel ${noun}`,
};

/** Says what a decision will do before it is sent. */
export function DecisionDialog({
  detail,
  decision,
  onClose,
}: {
  detail: OnboardingDetail;
  decision: Decision;
  onClose: () => void;
}) {
  const { api, announce } = useShared();
  const { phoneNumberId, progress } = detail;
  const noun = operationNoun(detail.operation);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const cure = progress?.waiting?.cure ?? progress?.problem?.advice;
  const texts: Record<Decision, string[]> = {
    retry: [
      'What is stuck is tried again at once. Do this when its cause is cured.',
      ...(cure === undefined ? [] : [`The cure: ${cure}`]),
    ],
    accept: [
      'The onboarding finishes at once: the number is registered, with its PIN unconfirmed.',
      'The PIN stays in the PIN store. Whether Meta has it as the number’s PIN is not known.',
    ],
    cancel: cancelTexts(progress),
  };
  const kind = decision === 'cancel' ? 'button button-danger-main' : 'button button-main';
  return (
    <Dialog title={TITLES[decision](noun)} onClose={onClose}>
      {texts[decision].map((text) => (
        <p key={text}>{text}</p>
      ))}
      <p role="alert" class={problem === undefined ? undefined : 'notice notice-bad'}>
        {problem}
      </p>
      <div class="dialog-foot">
        <button type="button" class="button" onClick={onClose}>
          Go back
        </button>
        <button
          type="button"
          class={kind}
          disabled={busy}
          onClick={() => {
            setBusy(true);
            api.decide(phoneNumberId, decision).then(
              () => {
                announce(`Sent: ${decision}.`);
                onClose();
              },
              (error: unknown) => {
                setBusy(false);
                setProblem(error instanceof Error ? error.message : String(error));
              },
            );
          }}
        >
          {CONFIRM[decision](noun)}
        </button>
      </div>
    </Dialog>
  );
}
