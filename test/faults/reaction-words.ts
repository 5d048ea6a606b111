/** What a run does on an answer of Meta, in words for people who operate it. Pure. */
import type { VerdictRow } from '../../activities/graph-api/verdicts.js';
import { EXIT, type ExitCode, exitCodeOfStatus } from '../../client/cli/exit-codes.js';
import { FAILURE_TYPES, type OnboardingStage } from '../../workflows/messages.js';
import { MOMENTS, type Moment, REACTIONS, type Reaction } from './reactions.js';

/** What of a row goes into words: its verdict decides, and the table says how long. */
type Told = Pick<VerdictRow, 'verdict' | 'waitMs' | 'codes'>;

const MOMENT_WORDS: Record<Moment, string> = {
  firstRead: 'at the first look',
  laterRead: 'at a later look',
  requestCode: 'when a code is asked for',
  verifyCode: 'when a code is handed in',
  register: 'when registering',
  setPin: 'when the PIN is set',
  deregister: 'while undoing',
  lastRead: 'at the last look',
};

/** Meta's own words for how long, where it may give some, come before those of the table. */
const META_NAMES_TIME: Partial<Record<VerdictRow['verdict'], string>> = {
  rateLimited: 'as long as Meta says, else ',
  pinGuessLimit: 'as long as Meta says, else ',
};

const AGAIN_WORDS: Record<Moment, (after: string) => string> = {
  firstRead: (after) => `looks again, first after ${after}, for up to 7 days`,
  laterRead: (after) => `looks again, first after ${after}, for up to 7 days`,
  requestCode: (after) => `asks again after ${after}`,
  verifyCode: (after) => `hands in the same code once more after ${after} and a look`,
  register: (after) =>
    `registers again after ${after} and a look that shows it is needed; after four tries it parks`,
  setPin: (after) => `sets the same PIN again, first after ${after}, until it works`,
  deregister: (after) => `undoes again after ${after}`,
  lastRead: (after) => `looks again, first after ${after}`,
};

const ACCEPTABLE = 'or `accept` finishes with the number registered and its PIN unconfirmed';

/** How long what waits goes on waiting. */
const WAITS_END: Partial<Record<VerdictRow['verdict'], string>> = {
  rateLimited: ', for up to 7 days',
  budgetExceeded: '; after four tries it parks',
  pinGuessLimit: '; after four tries it parks',
};

const DOES: Record<Reaction, (wait: string, at: Moment, verdict: VerdictRow['verdict']) => string> =
  {
    endsRefused: () => 'ends at once; nothing was done',
    endsFailed: () => 'ends, and undoes what it did',
    parks: () => 'parks for 7 days',
    parksAcceptable: () => `parks for 7 days; ${ACCEPTABLE}`,
    parksAcceptableForPin: () => `parks for 14 days; ${ACCEPTABLE}`,
    triesOtherPins: () =>
      'tries each other PIN that the PIN store has, once, within Meta’s limit; then parks for 14 days',
    waits: (wait, _, verdict) => `waits ${wait}, then goes on by itself${WAITS_END[verdict] ?? ''}`,
    again: (wait, at) => AGAIN_WORDS[at](wait),
    undoesLater: () => 'tries again every 5 minutes, three requests at most',
    maybeSent: () => 'shows the code as maybe sent, and never asks again by itself',
    asksLater: (wait) =>
      `asks again by itself after ${wait}, once, then parks for 7 days; a code that was sent before stays usable`,
    asksWhenAllowed: (wait) =>
      `asks again by itself after ${wait}; a code that somebody has may be handed in meanwhile`,
    handsBack: () => 'tells whoever typed it at once; the same code may be handed in again',
    nextCode: () =>
      'tells whoever typed it, and waits for the next code; after five, for a new one',
    codeFirst: () => 'has the number verified by a code, then registers; the second time it parks',
    deregistersFirst: (wait) =>
      `asks Meta to finish the deregistration, waits ${wait}, then registers; twice at most, then it parks`,
    registersAgain: () =>
      'looks, registers once more where that is needed, and sets the PIN; the second time it parks',
    watchesName: (wait) =>
      `looks at the name every ${wait.replace(/^1 /, '')} and registers once it is approved; parks when Meta declines it, or after 14 days`,
    undone: () => 'counts it as undone',
    notUndone: () => 'gives up undoing, and says that the number may still be registered',
    endsUnread: () => 'ends; the result says that the number could not be read',
  };

/** Where `npx wa-onboard status` then shows the run, and its exit code. */
interface Sight {
  stage: OnboardingStage | 'the stage it was in';
  exit: ExitCode;
}

const exitWhile = (stage: OnboardingStage) => exitCodeOfStatus({ ...A_RUN, run: 'running', stage });
const exitAfter = (type: string) =>
  exitCodeOfStatus({ ...A_RUN, run: 'failed', failure: { type, message: '' } });

const A_RUN = {
  phoneNumberId: '',
  workflowId: '',
  runId: '',
  operation: 'onboardNumber',
  startedAt: '',
} as const;

const PARKED: Sight = { stage: 'Parked', exit: exitWhile('Parked') };
const AWAITING: Sight = { stage: 'AwaitingCode', exit: exitWhile('AwaitingCode') };
const AT_WORK: Sight = { stage: 'the stage it was in', exit: exitWhile('Registering') };
const UNDOING: Sight = { stage: 'Compensating', exit: exitWhile('Compensating') };
const FAILED: Sight = { stage: 'Failed', exit: exitAfter(FAILURE_TYPES.failed) };
const REFUSED: Sight = { stage: 'Failed', exit: exitAfter(FAILURE_TYPES.refused) };

const SEES: Record<Reaction, Sight> = {
  endsRefused: REFUSED,
  endsFailed: FAILED,
  parks: PARKED,
  parksAcceptable: PARKED,
  parksAcceptableForPin: PARKED,
  triesOtherPins: PARKED,
  waits: AT_WORK,
  again: AT_WORK,
  undoesLater: UNDOING,
  maybeSent: AWAITING,
  asksLater: AWAITING,
  asksWhenAllowed: AWAITING,
  handsBack: AWAITING,
  nextCode: AWAITING,
  codeFirst: AWAITING,
  deregistersFirst: AT_WORK,
  registersAgain: AT_WORK,
  watchesName: AT_WORK,
  undone: FAILED,
  notUndone: FAILED,
  endsUnread: { stage: 'Live', exit: EXIT.waiting }, // registered, not yet live
};

/** At which moments a code can come: those of registration (133…) come to no look and no code. */
function momentsOf({ verdict, codes }: Told): Moment[] {
  const possible = codes.includes(RECENTLY_DELETED)
    ? ['register']
    : codes.length > 0 && codes.every(isOfRegistration)
      ? ['register', 'setPin', 'deregister']
      : MOMENTS;
  return MOMENTS.filter((at) => possible.includes(at) && REACTIONS[verdict][at] !== undefined);
}

const isOfRegistration = (code: Told['codes'][number]) =>
  typeof code === 'number' && Math.floor(code / 1000) === 133;

const RECENTLY_DELETED = 133_015;

/** A kind of answer that many codes have, and that has a table of its own on the page. */
interface NamedKind {
  title: string;
  does: (wait: string) => string;
  sees: string;
}

export const NAMED_KINDS: Partial<Record<VerdictRow['verdict'], NamedKind>> = {
  operatorNeeded: {
    title: 'Parks',
    does: () => '[Parks](#parks) for 7 days; ends at once where nothing was done yet.',
    sees: `${sentence(sightWords(PARKED))} Where it ended: exit code ${REFUSED.exit}.`,
  },
  retryLater: {
    title: 'Tries again',
    does: (wait) =>
      `[Tries again](#tries-again), first after ${wait}; a code is never asked for again by itself.`,
    sees: sentence(sightWords(AT_WORK)),
  },
};

/** What the run does, and what is seen of it: each as one cell of a table. */
export function wordsFor(row: Told): { does: string; sees: string } {
  const moments = momentsOf(row);
  const wait = waitWords(row);
  const named = NAMED_KINDS[row.verdict];
  if (named !== undefined && moments.length === MOMENTS.length) {
    return { does: named.does(wait), sees: named.sees };
  }
  const steps = stepWords(row.verdict, moments, wait);
  return {
    does: told(steps.map(({ at, does }) => [at, does])),
    sees: told(steps.map(({ at, sees }) => [at, sees])),
  };
}

/** The same moment by moment. */
export function wordsByMoment(verdict: VerdictRow['verdict']) {
  return stepWords(verdict, MOMENTS, 'some seconds').map(({ at, does, sees }) => ({
    where: sentence(MOMENT_WORDS[at]).slice(0, -1),
    does: sentence(does),
    sees: sentence(sees),
  }));
}

function stepWords(verdict: VerdictRow['verdict'], moments: readonly Moment[], wait: string) {
  return moments.flatMap((at) => {
    const reaction = REACTIONS[verdict][at];
    if (reaction === undefined) return [];
    return [{ at, does: DOES[reaction](wait, at, verdict), sees: sightWords(SEES[reaction]) }];
  });
}

/** What holds at most of the moments comes first and without a moment; where nothing does, each has its moment. */
function told(texts: readonly (readonly [at: Moment, text: string])[]): string {
  const groups = new Map<string, Moment[]>();
  for (const [at, text] of texts) groups.set(text, [...(groups.get(text) ?? []), at]);
  const [first] = [...groups].sort(([, a], [, b]) => b.length - a.length);
  if (first === undefined) return '';
  const [main, at] = first;
  if (groups.size === 1) return sentence(main);
  const rest = [...groups].filter(([text]) => text !== main);
  const usual = at.length * 2 >= texts.length;
  const labelled = (usual ? rest : [...groups]).map(
    ([text, moments]) => `${sentence(listed(moments)).slice(0, -1)}: ${text}.`,
  );
  return [...(usual ? [sentence(main)] : []), ...labelled].join(' ');
}

const listed = (moments: readonly Moment[]) =>
  moments
    .map((at) => MOMENT_WORDS[at])
    .join(', ')
    .replace(/, ([^,]*)$/, ' and $1');

/** With a capital letter and a full stop. */
export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

export function sightWords({ stage, exit }: Sight): string {
  const where = stage === AT_WORK.stage ? `${stage}, with what it waits for` : `\`${stage}\``;
  return `${where}; exit code ${exit}`;
}

export const SIGHTS = { PARKED, AWAITING, AT_WORK, FAILED, REFUSED };

function waitWords({ verdict, waitMs }: Told): string {
  const own = waitMs === undefined ? 'some seconds' : durationWords(waitMs);
  return `${META_NAMES_TIME[verdict] ?? ''}${own}`;
}

const UNITS: [name: string, ms: number][] = [
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
];

function durationWords(ms: number): string {
  const [name, unit] = UNITS.find(([, each]) => ms % each === 0 && ms >= each) ?? [
    'millisecond',
    1,
  ];
  return `${ms / unit} ${name}${ms === unit ? '' : 's'}`;
}
