import { useEffect, useRef } from 'preact/hooks';
import type { OnboardingDetail } from '../../api/schemas.js';
import { problemOf } from '../../cli/render-problem.js';
import { stepsOf } from '../../cli/render-steps.js';
import { standText } from '../../cli/stand-text.js';
import { useShared, useStore } from '../context.js';
import { useShortcuts } from '../keyboard.js';
import { maskedText, titleOf } from '../number-names.js';
import { goTo } from '../route.js';
import { useDetail } from '../use-detail.js';
import { operationTitle } from '../words.js';
import { CodeFacts, Submissions } from './code-facts.js';
import { EndFacts, Requests, Undone } from './end-facts.js';
import { Icon } from './icons.js';
import { onInnerLink } from './inner-link.js';
import { NumberActions } from './number-actions.js';
import { NumberDetails } from './number-details.js';
import { ProblemFacts } from './problem-facts.js';
import { Steps } from './steps.js';
import { WaitingFacts } from './waiting-facts.js';

/** Everything about one number, and what an operator may decide on it. */
export function NumberPage({ phoneNumberId }: { phoneNumberId: string }) {
  const { open } = useShared();
  const { detail, problem } = useDetail(phoneNumberId);
  const heading = useRef<HTMLHeadingElement>(null);
  const named = useNamed(phoneNumberId, detail);
  const title = titleOf(named);
  const doing = detail === undefined ? undefined : operationTitle(detail.operation);

  useShortcuts({
    Escape: () => goTo({}),
    '/': () => {
      goTo({});
      requestAnimationFrame(() =>
        document.querySelector<HTMLElement>('input[type=search]')?.focus(),
      );
    },
    '?': () => open('shortcuts'),
  });
  useEffect(() => {
    document.title = `${title} · Support desk`;
  }, [title]);
  useEffect(() => heading.current?.focus(), []);

  return (
    <main id="main" class="number">
      <a class="back-link" href="/" onClick={onInnerLink({})}>
        <Icon name="back" /> Back to the desk
      </a>
      <header class="number-head">
        <div>
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          <p class="number-sub">
            {maskedText(named) !== undefined && <span class="masked">{maskedText(named)}</span>}
            {named.businessName !== undefined && named.businessName !== title && (
              <span>{named.businessName}</span>
            )}
            {doing !== undefined && <strong>{doing}</strong>}
            {detail !== undefined && <Stand detail={detail} />}
          </p>
        </div>
        {detail !== undefined && <NumberActions detail={detail} />}
      </header>
      {problem !== undefined && (
        <p class="notice notice-bad" role="alert">
          {problem}
        </p>
      )}
      {detail === undefined && problem === undefined && <p class="quiet">Loading…</p>}
      {detail !== undefined && <Facts detail={detail} />}
    </main>
  );
}

/** The list may know the number before its page does. */
function useNamed(phoneNumberId: string, detail: OnboardingDetail | undefined) {
  const { desk } = useShared();
  const listed = useStore(desk.desk).items.get(phoneNumberId);
  const label = detail?.label ?? listed?.label;
  return {
    phoneNumberId,
    ...(label === undefined ? {} : { label }),
    ...(detail?.progress?.number ?? {
      ...(listed?.lastDigits === undefined ? {} : { lastDigits: listed.lastDigits }),
      ...(listed?.businessName === undefined ? {} : { businessName: listed.businessName }),
    }),
  };
}

function Stand({ detail }: { detail: OnboardingDetail }) {
  return (
    <span class="badge" data-tone={toneOf(detail)}>
      {standText(detail)}
    </span>
  );
}

function toneOf({ run, stage, result }: OnboardingDetail): 'good' | 'bad' | 'wait' | 'work' {
  if (run === 'completed') return result?.outcome === 'registered' ? 'wait' : 'good';
  if (run !== 'running') return 'bad';
  return stage === 'AwaitingCode' || stage === 'AwaitingAgent' || stage === 'Parked'
    ? 'wait'
    : 'work';
}

function Facts({ detail }: { detail: OnboardingDetail }) {
  const { progress, run } = detail;
  const running = run === 'running';
  const parked = running && detail.stage === 'Parked';
  const problem = problemOf(detail);
  return (
    <div class="number-body">
      <div class="number-main">
        {detail.progressMissing !== undefined && running && (
          <p class="notice" role="status">
            {detail.progressMissing}
          </p>
        )}
        {problem !== undefined && <ProblemFacts problem={problem} parked={parked} />}
        {running && progress?.waiting !== undefined && (
          <WaitingFacts progress={progress} parked={parked} />
        )}
        <EndFacts detail={detail} />
        <Steps steps={stepsOf(detail)} running={running} />
        <Undone detail={detail} />
        <Submissions code={progress?.code} />
      </div>
      <div class="number-side">
        {progress?.code !== undefined && (
          <CodeFacts code={progress.code} running={running && !parked} />
        )}
        {progress !== undefined && <Requests budget={progress.budget} />}
        <NumberDetails detail={detail} />
      </div>
    </div>
  );
}
