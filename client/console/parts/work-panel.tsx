import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { Onboarding } from '../../api/schemas.js';
import { standText } from '../../cli/stand-text.js';
import { METHOD_TEXTS } from '../../method-text.js';
import { useNow, useShared } from '../context.js';
import { maskedText, titleOf } from '../number-names.js';
import { pathOf } from '../route.js';
import { type Holding, useClaim } from '../use-claim.js';
import { newestCodeText, type VerdictText } from '../words.js';
import { CodeForm } from './code-form.js';
import { ExtendDialog } from './extend-dialog.js';
import { Icon } from './icons.js';
import { onInnerLink } from './inner-link.js';
import { Resend } from './resend.js';
import { TakeOver } from './take-over.js';
import { Age, Clock, Left, LifeRing } from './times.js';
import { Verdict } from './verdict.js';

/** The number in work: who holds it, its newest code, the field for the code, and what else can be done. */
export function WorkPanel({
  phoneNumberId,
  item,
  left,
  readyAtOnce,
  onClose,
  onNext,
}: {
  phoneNumberId: string;
  /** As last listed; absent while the list is loading. */
  item: Onboarding | undefined;
  /** It is no longer listed. */
  left: boolean;
  readyAtOnce: boolean;
  onClose: () => void;
  onNext: () => boolean;
}) {
  const { api, announce } = useShared();
  const heading = useId();
  const [verdict, setVerdict] = useState<VerdictText>();
  const [extending, setExtending] = useState(false);
  const [asked, setAsked] = useState<'no' | 'asking' | 'asked'>('no');
  const next = useRef<HTMLButtonElement>(null);
  const readyButton = useRef<HTMLButtonElement>(null);
  const title = titleOf(item ?? { phoneNumberId });
  const verified = verdict?.tone === 'good';
  const over = verified || left;
  const { holding, take } = useClaim(phoneNumberId, item?.claim, !over);
  const stage = item?.stage;
  const waiting = useLastWait(item);
  const mayDoMore =
    stage === 'AwaitingCode' || (stage === 'AwaitingAgent' && waiting !== undefined);

  const ready = async () => {
    setAsked('asking');
    try {
      await api.ready(phoneNumberId);
      setAsked('asked');
      setVerdict(undefined);
    } catch (error) {
      setAsked('no');
      setVerdict({
        tone: 'bad',
        heading: 'Not asked',
        lines: [error instanceof Error ? error.message : String(error)],
      });
    }
  };

  const held = holding.state === 'held';
  useEffect(() => {
    if (held) announce(`You hold ${title}.`);
    if (held && !readyAtOnce) readyButton.current?.focus();
  }, [held]);
  useEffect(() => {
    if (holding.state === 'failed') announce(`You do not hold ${title}: ${holding.text}`);
  }, [holding.state]);
  useEffect(() => {
    if (matchMedia('(max-width: 960px)').matches) scrollTo(0, 0);
  }, []);
  useEffect(() => {
    if (readyAtOnce && held && asked === 'no' && stage === 'AwaitingAgent') void ready();
  }, [readyAtOnce, held]);
  useEffect(() => {
    if (verified) next.current?.focus();
  }, [verified]);

  const masked = maskedText(item ?? { phoneNumberId });
  return (
    <section class="panel work" aria-label="Number in work">
      <button type="button" class="button button-quiet back-to-list" onClick={onClose}>
        <Icon name="back" /> Back to the list
      </button>
      <header class="work-head">
        <h2 id={heading}>{title}</h2>
        <p class="work-names">
          {masked !== undefined && <span class="masked">{masked}</span>}
          {item?.businessName !== undefined && item.businessName !== title && (
            <span>{item.businessName}</span>
          )}
        </p>
        <p class="quiet">
          <a href={pathOf(phoneNumberId)} onClick={onInnerLink({ phoneNumberId })}>
            Number’s page
          </a>
          {waiting !== undefined && !over && (
            <>
              {' · deadline '}
              <Clock at={waiting.until} />
            </>
          )}
        </p>
      </header>

      {holding.state === 'other' && !over ? (
        <TakeOver claim={holding.claim} take={take} />
      ) : stage === 'AwaitingAgent' && !over ? (
        <div class="work-ready">
          <p>
            {asked === 'no'
              ? 'Meta has not been asked for a code yet. Have the person with the phone on the line, then say so: the code comes within seconds and lives about ten minutes.'
              : 'Meta is being asked for the code. The field for it appears here.'}
          </p>
          <button
            type="button"
            ref={readyButton}
            class="button button-main"
            disabled={asked !== 'no' || holding.state === 'taking'}
            onClick={() => void ready()}
          >
            I’m ready
          </button>
        </div>
      ) : (
        <>
          {item?.code !== undefined && !over && <NewestCode code={item.code} />}
          {!over && (stage === 'AwaitingCode' || item === undefined) && (
            <CodeForm phoneNumberId={phoneNumberId} onVerdict={setVerdict} />
          )}
          {stage !== undefined && !over && stage !== 'AwaitingCode' && (
            <p class="notice">
              It does not wait for a code now: {item !== undefined && standText(item)}.
            </p>
          )}
        </>
      )}

      <Verdict verdict={verdict} />
      {left && !verified && (
        <p class="notice">It waits for nobody any more. Its page tells what became of it.</p>
      )}

      {!over && holding.state !== 'other' && item !== undefined && mayDoMore && (
        <div class="work-more">
          {stage === 'AwaitingCode' && (
            <Resend
              phoneNumberId={phoneNumberId}
              {...(item.code === undefined ? {} : { code: item.code })}
              onAsked={() => setVerdict(undefined)}
            />
          )}
          {waiting !== undefined && (stage === 'AwaitingCode' || stage === 'AwaitingAgent') && (
            <button type="button" class="button" onClick={() => setExtending(true)}>
              <Icon name="clock" /> Extend deadline
            </button>
          )}
        </div>
      )}

      <footer class="work-foot">
        <HoldingLine holding={holding} over={over} />
        <div class="work-leave">
          <button
            type="button"
            ref={next}
            class={verified ? 'button button-main' : 'button'}
            onClick={() => {
              if (!onNext()) onClose();
            }}
          >
            Next number{' '}
            <span class="key" aria-hidden="true">
              n
            </span>
          </button>
          <button type="button" class="button" onClick={onClose}>
            {over || holding.state === 'other' ? 'Close' : 'Release'}{' '}
            <span class="key" aria-hidden="true">
              Esc
            </span>
          </button>
        </div>
      </footer>
      {extending && waiting !== undefined && (
        <ExtendDialog
          phoneNumberId={phoneNumberId}
          until={waiting.until}
          onClose={() => setExtending(false)}
        />
      )}
    </section>
  );
}

/** While Meta judges a code the run waits for nobody; its deadline stays what it was. */
function useLastWait(item: Onboarding | undefined): Onboarding['waiting'] {
  const last = useRef<Onboarding['waiting']>(undefined);
  if (item?.waiting !== undefined) last.current = item.waiting;
  return last.current;
}

function NewestCode({ code }: { code: NonNullable<Onboarding['code']> }) {
  const now = useNow();
  const newest = newestCodeText(code, now);
  const expired = Date.parse(code.expiresAt) <= now;
  const total = code.refusedCount + code.triesLeft;
  return (
    <div class="newest">
      <LifeRing from={code.sentAt} until={code.expiresAt} size={52} />
      <div>
        <p class="newest-left" data-over={expired}>
          <Left until={code.expiresAt} after="left" over="Expired" />
        </p>
        <p>
          {code.maybe ? 'May have been sent' : 'Sent'} by {METHOD_TEXTS[code.method]} at{' '}
          <Clock at={code.sentAt} />
          {code.requestedBy === undefined ? '' : `, asked for by ${code.requestedBy}`} ·{' '}
          <Age since={code.sentAt} />
        </p>
        <p class={code.triesLeft === 0 ? 'newest-none' : undefined}>
          {code.triesLeft === 0
            ? 'No tries left: ask for a new code.'
            : `${code.triesLeft} of ${total} tries left`}
        </p>
      </div>
      {newest !== undefined && (
        <p class="notice newest-note">
          {newest.charAt(0).toUpperCase() + newest.slice(1)}. Earlier codes no longer count.
        </p>
      )}
    </div>
  );
}

function HoldingLine({ holding, over }: { holding: Holding; over: boolean }) {
  if (over || holding.state === 'other') return null;
  return (
    <p class="holding" data-state={holding.state}>
      {holding.state === 'held' && (
        <>
          <Icon name="person" size={16} />
          <span>
            You hold this number until <Clock at={holding.claim.until} />
          </span>
        </>
      )}
      {holding.state === 'taking' && 'Taking the number…'}
      {holding.state === 'lapsed' && 'Your hold has ended, as nothing happened for a while.'}
      {holding.state === 'failed' && `You do not hold this number: ${holding.text}`}
    </p>
  );
}
