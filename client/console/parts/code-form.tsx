import { useEffect, useRef, useState } from 'preact/hooks';
import { useShared } from '../context.js';
import { digitsOf } from '../number-names.js';
import { notSentText, type VerdictText, verdictText } from '../words.js';

const CODE_DIGITS = 6;

/** The field for the code. It is emptied once the code was answered, and keeps it where it was not sent. */
export function CodeForm({
  phoneNumberId,
  onVerdict,
}: {
  phoneNumberId: string;
  onVerdict: (verdict: VerdictText | undefined) => void;
}) {
  const { api, desk, ticker } = useShared();
  const field = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => field.current?.focus(), [phoneNumberId]);

  async function submit(): Promise<void> {
    const input = field.current;
    if (input === null || busy) return;
    if (digitsOf(input.value).length < CODE_DIGITS) {
      onVerdict({
        tone: 'bad',
        heading: 'Not sent',
        lines: ['A code has six digits. Type it as it came, such as 123-830.'],
      });
      return;
    }
    setBusy(true);
    onVerdict(undefined);
    try {
      const answer = await api.submitCode(phoneNumberId, input.value);
      input.value = '';
      desk.judged(phoneNumberId, answer);
      onVerdict(verdictText(answer, ticker.get()));
    } catch (error) {
      onVerdict(notSentText(error));
    } finally {
      setBusy(false);
      if (document.activeElement === document.body || document.activeElement === input)
        input.focus();
    }
  }

  return (
    <form
      class="code-form"
      autocomplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <label class="field">
        <span>Code</span>
        <input
          ref={field}
          class="code-input"
          type="text"
          inputMode="numeric"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          maxLength={200}
          placeholder="123-830"
          aria-busy={busy}
          readOnly={busy}
          onKeyDown={(event) => {
            if (event.key === 'Escape' && event.currentTarget.value !== '') {
              event.preventDefault();
              event.stopPropagation();
              event.currentTarget.value = '';
            }
          }}
        />
      </label>
      <button type="submit" class="button button-main" disabled={busy}>
        {busy ? 'Trying…' : 'Submit code'}
      </button>
    </form>
  );
}
