import { useEffect, useRef } from 'preact/hooks';
import { useShared, useStore } from '../context.js';
import type { Connection } from '../desk-store.js';
import { Icon } from './icons.js';
import { Clock } from './times.js';

/** Says since when what is shown may be old, and why; empty while all is well. */
export function ConnectionBanner() {
  const { desk, announce } = useShared();
  const connection = useStore(desk.connection);
  const before = useRef<Connection>(connection);
  useEffect(() => {
    const wasLost = isLost(before.current);
    before.current = connection;
    if (wasLost && connection.state === 'ok') announce('Connected again.');
  }, [connection, announce]);
  return (
    <div role="status" aria-label="Connection">
      {isLost(connection) && (
        <div class="banner">
          <Icon name="warn" size={20} />
          <p>
            <LostText {...connection} />
          </p>
          <button type="button" class="button" onClick={() => desk.retry()}>
            Try now
          </button>
        </div>
      )}
    </div>
  );
}

type Lost = Extract<Connection, { since: number }>;

const isLost = (connection: Connection): connection is Lost =>
  connection.state === 'apiLost' || connection.state === 'temporalLost';

function LostText({ state, since }: Lost) {
  const at = <Clock at={new Date(since).toISOString()} />;
  return state === 'apiLost' ? (
    <>
      <strong>Connection lost since {at}.</strong> What you see may be old. It comes back by itself
      when the server answers.
    </>
  ) : (
    <>
      <strong>The onboarding service does not answer since {at}.</strong> What you see may be old.
      Your connection is fine; tell an operator if this lasts (Temporal does not answer).
    </>
  );
}
