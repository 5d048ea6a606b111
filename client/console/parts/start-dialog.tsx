import { useRef, useState } from 'preact/hooks';
import type { CodeMethod } from '../../../workflows/messages.js';
import type { StartBody } from '../api-answers.js';
import { useMay, useShared } from '../context.js';
import { digitsOf } from '../number-names.js';
import { goTo } from '../route.js';
import { Dialog } from './dialog.js';

const DEADLINES = [
  ['24 hours', '24 hours'],
  ['3 days', '3 days'],
  ['7 days', '7 days'],
  ['14 days', '14 days'],
] as const;

/** Starts onboarding a number. The same form sent twice, such as after a lost answer, starts it once. */
export function StartDialog({
  filled,
  onClose,
}: {
  filled: { phoneNumberId?: string; label?: string };
  onClose: () => void;
}) {
  const { api, announce } = useShared();
  const mayTakeOver = useMay('set:2sv-pin');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const key = useRef<{ body: string; key: string } | undefined>(undefined);

  async function start(form: FormData): Promise<void> {
    const text = (name: string) => String(form.get(name) ?? '').trim();
    const body: StartBody = {
      phoneNumberId: digitsOf(text('phoneNumberId')),
      codeMethod: text('codeMethod') as CodeMethod,
      codeDeadline: text('codeDeadline'),
      startCode: text('startCode') as 'now' | 'whenAgentReady',
      ...(text('label') === '' ? {} : { label: text('label') }),
      ...(text('language') === '' ? {} : { language: text('language') }),
      ...(form.get('takeOver') === null ? {} : { takeOver: true }),
    };
    const asText = JSON.stringify(body);
    if (key.current?.body !== asText) key.current = { body: asText, key: randomKey() };
    setBusy(true);
    setProblem(undefined);
    try {
      const { phoneNumberId } = await api.start(body, key.current.key);
      announce('Started.');
      onClose();
      goTo({ phoneNumberId });
    } catch (error) {
      setBusy(false);
      setProblem(error instanceof Error ? error.message : String(error));
    }
  }

  return (
    <Dialog title="Start a number" onClose={onClose}>
      <form
        class="start"
        autocomplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy) void start(new FormData(event.currentTarget));
        }}
      >
        <label class="field">
          <span>Meta’s phone number id</span>
          <input
            name="phoneNumberId"
            type="text"
            inputMode="numeric"
            required
            pattern="\s*[0-9][0-9 ]{4,40}"
            title="Digits only, as WhatsApp Manager shows it; not the telephone number"
            autocomplete="off"
            autofocus
            defaultValue={filled.phoneNumberId ?? ''}
          />
        </label>
        <p class="hint">As WhatsApp Manager shows it; not the telephone number.</p>
        <label class="field">
          <span>Label</span>
          <input
            name="label"
            type="text"
            maxLength={200}
            autocomplete="off"
            placeholder="Acme Berlin"
            defaultValue={filled.label ?? ''}
          />
        </label>
        <p class="hint">What your team calls it. Put no telephone number here.</p>
        <div class="two">
          <fieldset>
            <legend>Code by</legend>
            <label class="choice">
              <input type="radio" name="codeMethod" value="SMS" defaultChecked /> SMS
            </label>
            <label class="choice">
              <input type="radio" name="codeMethod" value="VOICE" /> Call
            </label>
          </fieldset>
          <label class="field">
            <span>Language of the message</span>
            <input
              name="language"
              type="text"
              defaultValue="en_US"
              maxLength={20}
              autocomplete="off"
            />
          </label>
        </div>
        <fieldset>
          <legend>Ask Meta for the code</legend>
          <label class="choice">
            <input type="radio" name="startCode" value="whenAgentReady" defaultChecked /> When an
            agent is ready
          </label>
          <label class="choice">
            <input type="radio" name="startCode" value="now" /> At once
          </label>
        </fieldset>
        <p class="hint">A code lives about ten minutes.</p>
        <label class="field">
          <span>Wait for the code at most</span>
          <select name="codeDeadline">
            {DEADLINES.map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </label>
        {mayTakeOver && (
          <>
            <label class="choice">
              <input type="checkbox" name="takeOver" /> Take over a registered number
            </label>
            <p class="hint">Sets a new PIN on a number that somebody else may be running.</p>
          </>
        )}
        <p role="alert" class={problem === undefined ? undefined : 'notice notice-bad'}>
          {problem}
        </p>
        <div class="dialog-foot">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button button-main" disabled={busy}>
            {busy ? 'Starting…' : 'Start'}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** `crypto.randomUUID` is missing on pages that are not served over TLS. */
function randomKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}
