import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Me } from '../api/schemas.js';
import { createBulkStore } from './bulk-store.js';
import { type OpenDialog, type Shared, SharedContext, useStore } from './context.js';
import { createDeskStore } from './desk-store.js';
import { ConnectionBanner } from './parts/connection-banner.js';
import { DeskPage } from './parts/desk-page.js';
import { Header } from './parts/header.js';
import { NumberPage } from './parts/number-page.js';
import { panel } from './parts/panel-choice.js';
import { ShortcutsDialog } from './parts/shortcuts.js';
import { SignIn } from './parts/sign-in.js';
import { StartDialog } from './parts/start-dialog.js';
import { goTo, route } from './route.js';
import { createServerClock } from './server-clock.js';
import { createSession } from './session.js';
import { createTicker } from './ticker.js';

const clock = createServerClock();
const session = createSession(clock);
const ticker = createTicker(clock);

export function App() {
  const now = useStore(session.state);
  if (now.state === 'checking') {
    return (
      <main id="main" class="splash">
        <p role="status">{now.problem ?? 'Signing in…'}</p>
        {now.problem !== undefined && (
          <button type="button" class="button" onClick={() => session.signOut()}>
            Use another token
          </button>
        )}
      </main>
    );
  }
  if (now.state === 'signedOut') return <SignIn session={session} state={now} />;
  return (
    <>
      <div class="page" inert={now.state === 'ended'}>
        <SignedIn key={now.me.name} me={now.me} signedIn={now.state === 'signedIn'} />
      </div>
      {now.state === 'ended' && <SignIn session={session} state={now} />}
    </>
  );
}

function SignedIn({ me, signedIn }: { me: Me; signedIn: boolean }) {
  const desk = useMemo(() => createDeskStore(session.api, clock), []);
  const bulk = useMemo(() => createBulkStore(session.api, desk), [desk]);
  const where = useStore(route);
  const [dialog, open] = useState<OpenDialog>();
  const said = useRef<HTMLParagraphElement>(null);

  useEffect(() => {
    if (signedIn) desk.connect();
    else bulk.stop();
  }, [desk, bulk, signedIn]);
  useEffect(
    () => () => {
      desk.close();
      bulk.stop();
    },
    [desk, bulk],
  );

  const shared = useMemo<Shared>(
    () => ({
      me,
      api: session.api,
      desk,
      bulk,
      ticker,
      signedIn,
      announce(text) {
        const place = said.current;
        // The same text twice in a row is read again only where it differs.
        if (place !== null) place.textContent = place.textContent === text ? `${text} ` : text;
      },
      open,
    }),
    [me, desk, bulk, signedIn],
  );

  return (
    <SharedContext.Provider value={shared}>
      <a class="skip" href="#main">
        Skip to main content
      </a>
      <Header
        onSignOut={() => {
          session.signOut();
          // Whoever signs in next does not go on with this number.
          panel.set('work');
          goTo({}, 'replace');
        }}
      />
      <ConnectionBanner />
      {where.phoneNumberId === undefined ? (
        <DeskPage route={where} />
      ) : (
        <NumberPage key={where.phoneNumberId} phoneNumberId={where.phoneNumberId} />
      )}
      <p class="vh" role="status" aria-label="Announcements" ref={said} />
      {typeof dialog === 'object' && (
        <StartDialog filled={dialog.start} onClose={() => open(undefined)} />
      )}
      {dialog === 'shortcuts' && <ShortcutsDialog onClose={() => open(undefined)} />}
    </SharedContext.Provider>
  );
}
