import { useMay, useNow, useShared } from '../context.js';
import { goTo, route } from '../route.js';
import { roleOf } from '../session.js';
import { clockText } from '../time-texts.js';
import { Brand, Icon } from './icons.js';
import { onInnerLink } from './inner-link.js';
import { panel } from './panel-choice.js';

const ENDS_SOON_MS = 10 * 60_000;

export function Header({ onSignOut }: { onSignOut: () => void }) {
  const { me, open } = useShared();
  const mayStart = useMay('onboarding:start');
  const maySubmit = useMay('code:submit');
  return (
    <header class="top">
      <a class="brand" href="/" onClick={onInnerLink({})} aria-label="Support desk">
        <Brand />
        <span class="brand-name">Support desk</span>
      </a>
      <div class="top-actions">
        {mayStart && (
          <button
            type="button"
            class="button button-quiet"
            onClick={() => open({ start: {} })}
            aria-label="Start a number"
          >
            <Icon name="plus" />
            <span class="wide-only">Start a number</span>
          </button>
        )}
        {maySubmit && (
          <button
            type="button"
            class="button button-quiet"
            aria-label="Many codes"
            onClick={() => {
              if (route.get().phoneNumberId !== undefined) goTo({});
              panel.set('bulk');
            }}
          >
            <Icon name="lines" />
            <span class="wide-only">Many codes</span>
          </button>
        )}
        <button
          type="button"
          class="icon-button keys-button"
          aria-label="Keyboard shortcuts"
          title="Keyboard shortcuts (?)"
          onClick={() => open('shortcuts')}
        >
          <Icon name="keys" />
        </button>
      </div>
      <div class="account">
        <p class="who" data-testid="who">
          <span class="who-name">{me.name}</span> <span class="who-role">{roleOf(me)}</span>
        </p>
        <button type="button" class="button button-quiet" onClick={onSignOut} aria-label="Sign out">
          <Icon name="leave" />
          <span class="wide-only">Sign out</span>
        </button>
      </div>
      <EndOfToken />
    </header>
  );
}

function EndOfToken() {
  const { expiresAt } = useShared().me;
  const now = useNow();
  return (
    <p role="status" class="token-end">
      {Date.parse(expiresAt) - now < ENDS_SOON_MS &&
        `You will be signed out at ${clockText(expiresAt, now)}, when your access token expires.`}
    </p>
  );
}
