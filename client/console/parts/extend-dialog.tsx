import { useState } from 'preact/hooks';
import { useShared } from '../context.js';
import {
  deadlineChoices,
  extensionText,
  localFieldText,
  MOST_EXTENSION_MS,
} from '../deadline-choices.js';
import { clockText, momentText } from '../time-texts.js';
import { Dialog } from './dialog.js';
import { Clock } from './times.js';

/** Moves the deadline of the wait to an instant that people name. */
export function ExtendDialog({
  phoneNumberId,
  until,
  onClose,
}: {
  phoneNumberId: string;
  until: string;
  onClose: () => void;
}) {
  const { api, ticker, announce } = useShared();
  const [value, setValue] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const deadline = Date.parse(until);
  const now = ticker.get();

  async function moveTo(at: number): Promise<void> {
    if (Number.isNaN(at) || at <= deadline) {
      setProblem('Choose a time after the present deadline.');
      return;
    }
    if (at - deadline > MOST_EXTENSION_MS) {
      setProblem('A deadline moves by 30 days at most.');
      return;
    }
    setBusy(true);
    try {
      await api.extend(phoneNumberId, extensionText(deadline, at));
      announce(`The deadline moves to ${clockText(new Date(at).toISOString(), now)}.`);
      onClose();
    } catch (error) {
      setBusy(false);
      setProblem(error instanceof Error ? error.message : String(error));
    }
  }

  return (
    <Dialog title="Extend the deadline" onClose={onClose}>
      <p>
        It waits until <Clock at={until} />. After that, what was done is undone and the onboarding
        ends.
      </p>
      <div class="choices">
        {deadlineChoices(now, deadline).map(({ label, at }) => (
          <button
            key={label}
            type="button"
            class="button"
            disabled={busy}
            onClick={() => void moveTo(at)}
          >
            {label}
            <span class="quiet">{momentText(new Date(at).toISOString())}</span>
          </button>
        ))}
      </div>
      <form
        class="field-and-button"
        onSubmit={(event) => {
          event.preventDefault();
          void moveTo(new Date(value).getTime());
        }}
      >
        <label class="field">
          <span>Wait until</span>
          <input
            type="datetime-local"
            required
            min={localFieldText(deadline)}
            max={localFieldText(deadline + MOST_EXTENSION_MS)}
            value={value}
            onInput={(event) => setValue(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="button button-main" disabled={busy}>
          Extend
        </button>
      </form>
      <p role="alert" class={problem === undefined ? undefined : 'notice notice-bad'}>
        {problem}
      </p>
    </Dialog>
  );
}
