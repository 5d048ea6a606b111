import { useEffect, useRef, useState } from 'preact/hooks';
import type { Session, SessionState } from '../session.js';
import { Brand } from './icons.js';

type Out = Extract<SessionState, { state: 'signedOut' | 'ended' }>;

/** The form for the access token: a page of its own, or over the desk where somebody has to sign in again. */
export function SignIn({ session, state }: { session: Session; state: Out }) {
  const again = state.state === 'ended';
  const [token, setToken] = useState('');
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = 'Support desk';
    field.current?.focus();
  }, []);

  const form = (
    <form
      class="sign-in"
      onSubmit={(event) => {
        event.preventDefault();
        if (state.busy) return;
        void session.signIn(token).then(() => setToken(''));
      }}
    >
      <Brand />
      {again ? <h2 id="sign-in-title">Sign in again</h2> : <h1>Support desk</h1>}
      <p class="sign-in-lead">
        {again
          ? `You were signed in as ${state.me.name}. What you were doing is still here.`
          : 'Enter the codes of phone numbers that wait for one.'}
      </p>
      <div role="alert">
        {state.reason !== undefined && !state.busy && (
          <p class="notice notice-bad">{state.reason}</p>
        )}
      </div>
      <label class="field">
        <span>Access token</span>
        <input
          ref={field}
          type="password"
          name="token"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          required
          value={token}
          onInput={(event) => setToken(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="button button-main" disabled={state.busy === true}>
        {state.busy ? 'Signing in…' : 'Sign in'}
      </button>
      <p class="sign-in-hint">
        You get a token from whoever runs this service. It is kept in this tab only, until you sign
        out or close it.
      </p>
    </form>
  );
  return again ? (
    <div class="sign-in-over" role="dialog" aria-modal="true" aria-labelledby="sign-in-title">
      {form}
    </div>
  ) : (
    <main id="main" class="sign-in-page">
      {form}
    </main>
  );
}
