import { useState } from 'preact/hooks';
import type { OnboardingDetail } from '../../api/schemas.js';
import { useShared } from '../context.js';
import { cancelTexts } from '../words.js';
import { Dialog } from './dialog.js';

export type Decision = 'retry' | 'accept' | 'cancel';

const TITLES: Record<Decision, string> = {
  retry: 'Retry?',
  accept: 'Accept with the PIN unconfirmed?',
  cancel: 'Cancel this onboarding?',
};

const CONFIRM: Record<Decision, string> = {
  retry: 'Retry now',
  accept: 'Accept',
  cancel: 'Cancel onboarding',
};

/** Says what a decision will do before it is sent. */
export function DecisionDialog({
  detail: { phoneNumberId, progress },
  decision,
  onClose,
}: {
  detail: OnboardingDetail;
  decision: Decision;
  onClose: () => void;
}) {
  const { api, announce } = useShared();
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
    <Dialog title={TITLES[decision]} onClose={onClose}>
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
          {CONFIRM[decision]}
        </button>
      </div>
    </Dialog>
  );
}
