import type { ComponentChildren } from 'preact';
import { useNow } from '../context.js';
import { clockText, countText, utcText } from '../time-texts.js';

const MINUTE = 60_000;
/** A ring moves by too little each second to be seen. */
const RING_STEP_MS = 5_000;

/** An instant in the reader's time zone, with UTC in the title. */
export function Clock({ at }: { at: string }) {
  const now = useNow(MINUTE);
  return (
    <time dateTime={at} title={utcText(at)}>
      {clockText(at, now)}
    </time>
  );
}

/** How long until an instant; `over` once it has passed. */
export function Left({
  until,
  before = '',
  after = '',
  over,
}: {
  until: string;
  before?: string;
  after?: string;
  over: ComponentChildren;
}) {
  const ms = Date.parse(until) - useNow();
  return (
    <span title={utcText(until)}>
      {ms <= 0 ? (
        over
      ) : (
        <>
          {before !== '' && <span class="word">{before} </span>}
          {countText(ms)}
          {after !== '' && <span class="word"> {after}</span>}
        </>
      )}
    </span>
  );
}

/** How long ago an instant was. */
export function Age({ since, after = 'old' }: { since: string; after?: string }) {
  const ms = useNow() - Date.parse(since);
  return (
    <span title={utcText(since)}>
      {countText(ms)}
      <span class="word"> {after}</span>
    </span>
  );
}

const SOON_MS = 4 * 60_000;
const VERY_SOON_MS = 90_000;

/** What is left of a code's life, as a ring; the same stands beside it in words. */
export function LifeRing({
  from,
  until,
  size = 22,
}: {
  from: string;
  until: string;
  size?: number;
}) {
  const left = Math.max(0, Date.parse(until) - useNow(RING_STEP_MS));
  const share = Math.min(1, left / Math.max(1, Date.parse(until) - Date.parse(from)));
  const tone =
    left === 0 ? 'over' : left < VERY_SOON_MS ? 'late' : left < SOON_MS ? 'soon' : 'good';
  return (
    <svg
      class="ring"
      data-tone={tone}
      width={size}
      height={size}
      viewBox="0 0 24 24"
      aria-hidden="true"
    >
      <circle class="ring-ground" cx="12" cy="12" r="9.5" fill="none" stroke-width="3" />
      {left > 0 && (
        <circle
          class="ring-left"
          cx="12"
          cy="12"
          r="9.5"
          fill="none"
          stroke-width="3"
          stroke-linecap="round"
          pathLength="100"
          stroke-dasharray={`${(share * 100).toFixed(1)} 100`}
          transform="rotate(-90 12 12)"
        />
      )}
    </svg>
  );
}
