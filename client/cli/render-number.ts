import type { GraphNumber } from '../../activities/graph-api/graph-client.js';
import { numberFacts } from '../../activities/number-facts.js';
import type { PinDescription, PinVersionState } from '../../activities/pin-store/pin-store.js';
import type { NumberRun } from '../fleet.js';
import { block, type Line } from './block.js';
import type { LaterRotationRun } from './later-rotations.js';
import { nextCommands } from './next-commands.js';
import type { NumberPicture, StoreAnswer } from './number-picture.js';
import { operationWord } from './operation-words.js';
import { renderBudget } from './render-budget.js';
import { standText } from './stand-text.js';
import { durationText, instantAndAge } from './time-text.js';
import type { View } from './view.js';

/** All that is known of one number. Pure. */
export function renderNumber(picture: NumberPicture, view: View): string[] {
  const { phoneNumberId, meta, store, runs } = picture;
  const { colors } = view;
  const record = store.answer === 'read' ? store.record : undefined;
  const number = meta.answer === 'number' ? meta.number : undefined;
  const label = record?.label ?? (runs.answer === 'read' ? runs.status?.label : undefined);
  const known = [number?.verified_name, number?.display_phone_number ?? record?.displayPhoneNumber];
  const progress = runs.answer === 'read' ? runs.status?.progress : undefined;
  return [
    [colors.bold(phoneNumberId), ...(label === undefined ? [] : [label])].join(' · '),
    ...(known.some(Boolean) ? [known.filter(Boolean).join(' · ')] : []),
    '',
    ...(meta.answer === 'number'
      ? metaLines(meta.number, view)
      : block('Meta', [[meta.why, colors.yellow]], view)),
    ...pinLines(store, view),
    ...(progress === undefined ? [] : renderBudget(progress, view)),
    ...(runs.answer === 'read'
      ? [...runLines(runs.runs, view), ...laterLines(runs.later ?? [], view)]
      : block('Runs', [[runs.why, colors.yellow]], view)),
    ...block('Next', nextOf(picture, view.now), view),
  ];
}

/** What the newest run asks for; where it asks for nothing, what the PIN store tells of. */
function nextOf({ phoneNumberId: id, meta, store, runs }: NumberPicture, now: Date): string[] {
  const next =
    runs.answer === 'read' && runs.status !== undefined ? nextCommands(runs.status, now) : [];
  if (next.length > 0 || store.answer === 'none') return next;
  const { record } = store;
  // Nothing can be wrong yet with what nobody has begun.
  const isFresh =
    meta.answer === 'number' &&
    numberFacts(meta.number).registered === 'no' &&
    runs.answer === 'read' &&
    runs.runs.length === 0;
  return [
    ...(record === undefined
      ? [`npx wa-onboard ${isFresh ? 'start' : 'pin troubleshoot'} ${id}`]
      : []),
    ...(record?.stale === undefined ? [] : [`npx wa-onboard rotate ${id}`]),
    ...(record?.renamedAt === undefined ? [] : [`npx wa-onboard reregister ${id}`]),
  ];
}

function metaLines(number: GraphNumber, view: View): string[] {
  const { colors } = view;
  const { status, platform_type: platform, account_mode: mode } = number;
  const stand = [status, platform, mode].filter((each) => each !== undefined).join(' · ');
  const well = status === 'CONNECTED' ? colors.green : colors.yellow;
  const pin = number.is_pin_enabled;
  return [
    ...block('Status', [[stand === '' ? 'Meta tells none' : stand, well]], view),
    ...block(
      'Verified',
      number.code_verification_status === undefined ? [] : [verifiedText(number)],
      view,
    ),
    ...block(
      'Two-step',
      pin === undefined
        ? ['Meta does not tell whether it is on']
        : [
            pin
              ? 'on'
              : ['off: a PIN is not asked for when the number is registered', colors.yellow],
          ],
      view,
    ),
    ...block('Name', nameTexts(number, view), view),
    ...block(
      'Quality',
      [
        ...(number.quality_rating === undefined ? [] : [qualityLine(number.quality_rating, view)]),
        ...(number.throughput?.level === undefined
          ? []
          : [`throughput ${number.throughput.level}`]),
      ],
      view,
    ),
    ...block('Health', healthLines(number, view), view),
    ...block(
      'Onboarded',
      number.last_onboarded_time === undefined
        ? []
        : [metaInstant(number.last_onboarded_time, view.now)],
      view,
    ),
  ];
}

function verifiedText({ code_verification_status: verified, status }: GraphNumber): string {
  return verified === 'EXPIRED' && status === 'CONNECTED'
    ? 'EXPIRED, which is in order on a number that is live'
    : (verified ?? '');
}

function nameTexts(number: GraphNumber, { colors }: View): Line[] {
  const { verified_name: name, name_status: review } = number;
  if (name === undefined && review === undefined) return [];
  const reviewed = review === undefined ? '' : `: ${review}`;
  const text = `${name ?? 'no name'}${reviewed}`;
  return [review === 'DECLINED' || review === 'EXPIRED' ? [text, colors.yellow] : text];
}

function qualityLine(rating: string, { colors }: View): Line {
  const paint = { GREEN: colors.green, YELLOW: colors.yellow, RED: colors.red }[rating];
  return paint === undefined ? rating : [rating, paint];
}

/** Whether messages can be sent, and of what stands in the way: what it is, why, and Meta's own cure. */
function healthLines({ health_status: health }: GraphNumber, { colors }: View): Line[] {
  if (health === undefined) return [];
  const { can_send_message: can, entities = [] } = health;
  const paint = can === 'AVAILABLE' ? colors.green : can === 'BLOCKED' ? colors.red : colors.yellow;
  return [
    ...(can === undefined ? [] : [[`sending is ${can}`, paint] satisfies Line]),
    ...entities.flatMap(({ entity_type: type, can_send_message: stand, errors = [] }): Line[] =>
      stand === undefined || stand === 'AVAILABLE'
        ? []
        : [
            [`${type ?? 'something'} is ${stand}`, colors.yellow],
            ...errors.flatMap(({ error_code, error_description, possible_solution }) => [
              `${error_description ?? 'no reason given'}${error_code === undefined ? '' : ` (${error_code})`}`,
              ...(possible_solution === undefined ? [] : [`→ ${possible_solution}`]),
            ]),
          ],
    ),
  ];
}

/** Meta writes `+0000`, which not every parser takes. */
function metaInstant(text: string, now: Date): string {
  const iso = text.replace(/([+-][0-9]{2})([0-9]{2})$/, '$1:$2');
  return Number.isNaN(Date.parse(iso)) ? text : instantAndAge(iso, now);
}

const STATES: Record<PinVersionState, string> = {
  current: 'current since',
  pending: 'pending since',
  provided: 'provided at',
  previous: 'previous, set at',
};

function pinLines(store: StoreAnswer, view: View): string[] {
  const { colors } = view;
  if (store.answer === 'none') return block('PIN', [[store.why, colors.yellow]], view);
  const { record, place } = store;
  if (record === undefined) {
    return block('PIN', [[`none is known, in ${place}`, colors.yellow]], view);
  }
  return block(
    'PIN',
    [`in ${place}`, ...versionTexts(record, view), ...noteLines(record, view)],
    view,
  );
}

/** The versions of a record with their ages: `current since 2026-11-20 14:32:05 UTC, 3d ago`. */
export function versionTexts({ versions }: PinDescription, { now }: View): string[] {
  return Object.entries(STATES).flatMap(([state, word]) => {
    const version = versions[state as PinVersionState];
    return version === undefined
      ? []
      : [`${word} ${instantAndAge(version.lastRotated ?? version.createdAt, now)}`];
  });
}

function noteLines(
  { stale, renamedAt, registeredName, offboardedAt }: PinDescription,
  view: View,
): Line[] {
  const { colors, now } = view;
  return [
    ...(stale === undefined
      ? []
      : [[`not the PIN any more, it seems: ${stale.why}`, colors.yellow] satisfies Line]),
    ...(offboardedAt === undefined ? [] : [`offboarded at ${instantAndAge(offboardedAt, now)}`]),
    ...(renamedAt === undefined
      ? []
      : [
          [
            `Meta has approved another display name${registeredName === undefined ? '' : ` than ${registeredName}`}, known since ${instantAndAge(renamedAt, now)}: the number is to be registered again`,
            colors.yellow,
          ] satisfies Line,
        ]),
  ];
}

const RUNS_SHOWN = 5;

function runLines(runs: NumberRun[], view: View): string[] {
  if (runs.length === 0) return block('Runs', ['none that Temporal knows'], view);
  const lines = runs
    .slice(0, RUNS_SHOWN)
    .map((run) => `${operationWord(run.operation)}: ${runText(run, view.now)}`);
  const more = runs.length - lines.length;
  return block('Runs', [...lines, ...(more === 0 ? [] : [`and ${more} before`])], view);
}

/** Rotations that begin by themselves, and the command that calls each off, on a line that is never wrapped. */
function laterLines(later: LaterRotationRun[], view: View): string[] {
  return later.flatMap(({ workflowId, askedAt }) => [
    ...block(
      'Planned',
      [`a rotation, asked for ${instantAndAge(askedAt, view.now)}; this calls it off:`],
      view,
    ),
    `  temporal workflow cancel --workflow-id ${workflowId}`,
  ]);
}

function runText(run: NumberRun, now: Date): string {
  const { startedAt, endedAt, stage } = run;
  if (endedAt === undefined) {
    const stand = standText({
      run: 'running',
      ...(stage === undefined ? {} : { stage: stage }),
    });
    return `${stand}, started ${instantAndAge(startedAt, now)}`;
  }
  const took = durationText(Date.parse(endedAt) - Date.parse(startedAt));
  return `${standText({ run: run.run })}, ended ${instantAndAge(endedAt, now)}, after ${took}`;
}
