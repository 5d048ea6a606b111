import { useId, useState } from 'preact/hooks';
import type { CodeMethod } from '../../../workflows/messages.js';
import type { Onboarding } from '../../api/schemas.js';
import { useNow, useShared } from '../context.js';
import { clockText, countText } from '../time-texts.js';

const METHODS: [CodeMethod, string][] = [
  ['SMS', 'New code by SMS'],
  ['VOICE', 'New code by call'],
];

/** Asks for a new code, once Meta would send one. */
export function Resend({
  phoneNumberId,
  code,
  onAsked,
}: {
  phoneNumberId: string;
  code?: NonNullable<Onboarding['code']>;
  onAsked: () => void;
}) {
  const { api, announce } = useShared();
  const now = useNow();
  const told = useId();
  const [state, setState] = useState<{ asked?: string; sentCount: number; problem?: string }>();
  const waitMs = code === undefined ? 0 : Date.parse(code.nextSendAt) - now;
  const sentCount = code?.sentCount ?? 0;
  const pending = state?.asked !== undefined && state.sentCount === sentCount;

  async function ask(method: CodeMethod, label: string): Promise<void> {
    setState({ asked: label, sentCount });
    try {
      await api.resend(phoneNumberId, method);
      announce(`${label} is asked for.`);
      onAsked();
    } catch (error) {
      setState({ sentCount, problem: error instanceof Error ? error.message : String(error) });
    }
  }

  return (
    <div class="resend">
      <div class="resend-buttons">
        {METHODS.map(([method, label]) => (
          <button
            key={method}
            type="button"
            class="button"
            disabled={waitMs > 0 || pending}
            aria-describedby={told}
            onClick={() => void ask(method, label)}
          >
            {label}
            {waitMs > 0 && (
              <span class="counting" aria-hidden="true">
                {countText(waitMs)}
              </span>
            )}
          </button>
        ))}
      </div>
      <p class="quiet" id={told}>
        {state?.problem ??
          (pending
            ? `${state.asked} is asked for; it shows here once it was sent.`
            : waitMs > 0 && code !== undefined
              ? `Meta allows the next one at ${clockText(code.nextSendAt, now)}.`
              : 'A new code makes the earlier ones useless.')}
      </p>
    </div>
  );
}
