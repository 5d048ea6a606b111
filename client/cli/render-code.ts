import { TRIES_PER_CODE } from '../../workflows/code-rules.js';
import type { OnboardingProgress } from '../../workflows/messages.js';
import { METHOD_TEXTS } from '../method-text.js';
import { block, type Line } from './block.js';
import { durationText, instantAndAge, relativeText } from './time-text.js';
import type { View } from './view.js';

/** The newest code that Meta was asked for, and what became of those submitted. */
export function renderCode(
  code: NonNullable<OnboardingProgress['code']>,
  view: View,
  running: boolean,
): string[] {
  const { now, colors } = view;
  const fresh = Date.parse(code.expiresAt) > now.getTime();
  const sent = code.maybe ? 'may have been sent' : 'sent';
  const counts = [
    ...(code.sentCount > 1 ? [`asked for ${code.sentCount} times`] : []),
    ...(code.refusedCount > 0 ? [`${code.refusedCount} refused since the newest was sent`] : []),
  ].join(', ');
  const { triesLeft, requestedBy } = code;
  const tries = `tries left ${triesLeft} of ${TRIES_PER_CODE}`;
  return block(
    'Code',
    [
      `${sent} by ${METHOD_TEXTS[code.method]} at ${instantAndAge(code.sentAt, now)}${
        requestedBy === undefined ? '' : `, for ${requestedBy}`
      }`,
      ...(running
        ? [
            fresh
              ? `good for another ${durationText(Date.parse(code.expiresAt) - now.getTime())}`
              : ([`expired ${relativeText(code.expiresAt, now)}`, colors.yellow] satisfies Line),
            `a new one may be asked for ${
              Date.parse(code.nextSendAt) > now.getTime()
                ? `at ${instantAndAge(code.nextSendAt, now)}`
                : 'now'
            }`,
            triesLeft > 0
              ? tries
              : ([
                  `${tries}: ask for a new code before you try another`,
                  colors.yellow,
                ] satisfies Line),
          ]
        : []),
      ...(counts === '' ? [] : [counts]),
      ...submissionLines(code.submissions ?? [], now),
    ],
    view,
  );
}

/** The newest submissions, a line each, below the count of all where older ones are left out. */
function submissionLines(submissions: Submissions, now: Date): string[] {
  const newest = submissions.slice(-SHOWN_SUBMISSIONS);
  return [
    ...(submissions.length > newest.length
      ? [`${submissions.length} codes were submitted; the last ${newest.length}:`]
      : []),
    ...newest.map(
      ({ at, by, verdict }) =>
        `${verdict === 'unknown' ? 'tried, outcome unknown' : verdict} at ${instantAndAge(at, now)}${
          by === undefined ? '' : `, typed by ${by}`
        }`,
    ),
  ];
}

type Submissions = NonNullable<NonNullable<OnboardingProgress['code']>['submissions']>;

const SHOWN_SUBMISSIONS = 5;
