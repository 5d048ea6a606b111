import { useId } from 'preact/hooks';
import type { Onboarding } from '../../api/schemas.js';
import { METHOD_TEXTS } from '../../method-text.js';
import { useMay, useNow, useShared } from '../context.js';
import { holderOf } from '../desk-list.js';
import { maskedText, spokenName, titleOf } from '../number-names.js';
import { pathOf } from '../route.js';
import { newestCodeText, operationTitle, TRIES_PER_CODE } from '../words.js';
import { Icon } from './icons.js';
import { onInnerLink } from './inner-link.js';
import { Age, Clock, Left, LifeRing } from './times.js';

/** Takes a number into work, and says at once that an agent is ready where `ready`. */
export type Take = (item: Onboarding, ready?: boolean) => void;

/** A number that waits for a code. */
export function CodeRow({
  item,
  onTake,
  current,
}: {
  item: Onboarding;
  onTake: Take | undefined;
  current: boolean;
}) {
  const told = useId();
  const { code } = item;
  return (
    <li class="row row-code" data-number={item.phoneNumberId} data-current={current}>
      <span class="cell-ring">
        {code !== undefined && <LifeRing from={code.sentAt} until={code.expiresAt} />}
      </span>
      <Who item={item} told={told} onTake={onTake} current={current} />
      <div class="cells" id={told}>
        {code === undefined ? (
          <span class="cell-sent">no code sent yet</span>
        ) : (
          <>
            <Sent code={code} />
            <span class="cell-age">
              <Age since={code.sentAt} />
            </span>
            <span class="cell-left">
              <Left until={code.expiresAt} after="left" over="expired" />
            </span>
            <span class="cell-next">
              <Left until={code.nextSendAt} before="next code in" over={NEXT_NOW} />
            </span>
            <span class="cell-tries" data-none={code.triesLeft === 0}>
              {code.triesLeft}
              <span class="word"> {code.triesLeft === 1 ? 'try' : 'tries'} left</span>
              <span class="of-tries" aria-hidden="true">
                {' '}
                of {TRIES_PER_CODE}
              </span>
            </span>
          </>
        )}
        <Holder item={item} />
      </div>
    </li>
  );
}

const NEXT_NOW = (
  <>
    <span class="word">next code </span>now
  </>
);

function Sent({ code }: { code: NonNullable<Onboarding['code']> }) {
  const now = useNow(60_000);
  const newest = newestCodeText(code, now);
  const by = code.requestedBy === undefined ? '' : ` by ${code.requestedBy}`;
  return (
    <span class="cell-sent">
      <span class="method">{METHOD_TEXTS[code.method]}</span>{' '}
      {newest === undefined ? (
        <>
          {code.maybe ? 'maybe sent ' : 'sent '}
          <Clock at={code.sentAt} />
          {by}
        </>
      ) : (
        <strong>{newest}</strong>
      )}
    </span>
  );
}

/** A number whose code is asked for when an agent is ready. */
export function AgentRow({
  item,
  onTake,
  current,
}: {
  item: Onboarding;
  onTake: Take | undefined;
  current: boolean;
}) {
  const told = useId();
  return (
    <li class="row row-agent" data-number={item.phoneNumberId} data-current={current}>
      <span class="cell-ring">
        <Icon name="phone" />
      </span>
      <Who item={item} told={told} onTake={undefined} current={current} />
      <div class="cells" id={told}>
        {item.waiting !== undefined && (
          <span class="cell-until">
            waits until <Clock at={item.waiting.until} />
          </span>
        )}
        <Holder item={item} />
      </div>
      {onTake !== undefined && (
        <button type="button" class="button row-button" onClick={() => onTake(item, true)}>
          I’m ready<span class="vh"> for {spokenName(item)}</span>
        </button>
      )}
    </li>
  );
}

/** A number that waits for an operator. */
export function ParkedRow({ item }: { item: Onboarding }) {
  const told = useId();
  const mayOperate = useMay('onboarding:operate');
  const doing = operationTitle(item.operation);
  return (
    <li class="row row-parked" data-number={item.phoneNumberId}>
      <span class="cell-ring">
        <Icon name="warn" />
      </span>
      <Who item={item} told={told} onTake={undefined} current={false} />
      <div class="cells" id={told}>
        <p class="parked-why">
          {doing !== undefined && `${doing}: `}
          {item.problem?.text ?? item.waiting?.for ?? 'It waits for an operator.'}
        </p>
        {mayOperate && item.waiting?.cure !== undefined && (
          <p class="parked-cure">{item.waiting.cure}</p>
        )}
        <span class={mayOperate ? 'tag tag-act' : 'tag'}>
          {mayOperate ? 'Look at it' : 'Needs an operator'}
        </span>
      </div>
    </li>
  );
}

function Who({
  item,
  told,
  onTake,
  current,
}: {
  item: Onboarding;
  told: string;
  onTake: Take | undefined;
  current: boolean;
}) {
  const title = titleOf(item);
  const masked = maskedText(item);
  const ending = spokenName(item).slice(title.length);
  const business = item.businessName === title ? undefined : item.businessName;
  return (
    <div class="who-cell">
      {onTake === undefined ? (
        <a
          class="row-main"
          data-row
          href={pathOf(item.phoneNumberId)}
          aria-describedby={told}
          onClick={onInnerLink({ phoneNumberId: item.phoneNumberId })}
        >
          {title}
          <span class="vh">{ending}</span>
        </a>
      ) : (
        <button
          type="button"
          class="row-main"
          data-row
          aria-describedby={told}
          aria-current={current}
          onClick={() => onTake(item)}
        >
          <span class="vh">Take </span>
          {title}
          <span class="vh">{ending}</span>
        </button>
      )}
      <span class="who-more">
        {masked !== undefined && (
          <span class="masked" aria-hidden="true">
            {masked}
          </span>
        )}
        {business !== undefined && <span class="business">{business}</span>}
      </span>
    </div>
  );
}

function Holder({ item }: { item: Onboarding }) {
  const { me } = useShared();
  const holder = holderOf(item, useNow(5_000));
  if (holder === undefined) return <span class="cell-holder" />;
  return (
    <span class="cell-holder" data-mine={holder === me.name}>
      <Icon name="person" size={14} />
      <span>
        <span class="word">Held by </span>
        {holder === me.name ? 'you' : holder}
      </span>
    </span>
  );
}
