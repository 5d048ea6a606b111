import { useEffect, useRef, useState } from 'preact/hooks';
import type { Claim } from '../../../workflows/messages.js';
import { useShared } from '../context.js';
import { Icon } from './icons.js';
import { Clock } from './times.js';

/** Who holds the number instead, and the way to end that with a reason. */
export function TakeOver({
  claim,
  take,
}: {
  claim: Claim;
  take: (reason: string) => Promise<boolean>;
}) {
  const { announce } = useShared();
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => announce(`${claim.by} holds this number.`), [claim.by]);
  useEffect(() => field.current?.focus(), []);
  return (
    <form
      class="held"
      onSubmit={(event) => {
        event.preventDefault();
        if (busy) return;
        setBusy(true);
        void take(reason.trim()).then(() => setBusy(false));
      }}
    >
      <p class="held-by">
        <Icon name="person" />
        <span>
          <strong>{claim.by}</strong> holds this number until <Clock at={claim.until} />.
        </span>
      </p>
      <p class="quiet">
        {claim.takenFrom === undefined
          ? 'While that lasts, a code from anybody else is not tried.'
          : `Taken from ${claim.takenFrom.by}: ${claim.takenFrom.reason}`}
      </p>
      <label class="field">
        <span>Reason for taking over</span>
        <input
          ref={field}
          type="text"
          required
          maxLength={200}
          autocomplete="off"
          placeholder="On a break"
          value={reason}
          onInput={(event) => setReason(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="button" disabled={busy || reason.trim() === ''}>
        Take over
      </button>
    </form>
  );
}
