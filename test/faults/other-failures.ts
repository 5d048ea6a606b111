/** What can go wrong beside Meta's error codes, in words for people who operate runs. What the code says is taken from the code. */
import { ApplicationFailure } from '@temporalio/common';
import {
  failureOf,
  type Problem,
  type ProblemVerdict,
  problemIn,
} from '../../activities/failures.js';
import {
  GraphConnectionError,
  type GraphError,
  GraphPacedError,
  GraphTimeoutError,
} from '../../activities/graph-api/errors.js';
import type { GraphNumber } from '../../activities/graph-api/graph-client.js';
import type { Verdict } from '../../activities/graph-api/verdicts.js';
import { numberFacts } from '../../activities/number-facts.js';
import {
  PinNotFoundError,
  type PinStoreError,
  PinStoreRefusedError,
  PinStoreUnreachableError,
} from '../../activities/pin-store/pin-store.js';
import { exitCodeOfError } from '../../client/cli/exit-codes.js';
import {
  NoWorkerAnswerError,
  OnboardingTerminatedError,
  SearchAttributesMissingError,
  TemporalUnreachableError,
} from '../../client/index.js';
import { planSteps } from '../../workflows/plan.js';
import { SIGHTS, sentence, sightWords, wordsFor } from './reaction-words.js';

/** A row of the page: five cells of Markdown. */
export interface FailureRow {
  says: string;
  means: string;
  does: string;
  sees: string;
  cure: string;
}

const ID = '106540352242922';

/** What a run is told of an error. @throws Error where the error is none that activities report */
function problemOf(error: GraphError | PinStoreError): Problem {
  const failure = failureOf(error);
  const problem = failure instanceof ApplicationFailure ? problemIn(failure) : undefined;
  if (problem === undefined) throw new Error(`No problem is reported for ${error}`);
  return problem;
}

const quoted = (sentence: string) => `“${sentence}”`;

const lost = problemOf(new GraphTimeoutError('register', ID, 15_000));
const unreachable = problemOf(new GraphConnectionError('register', ID, 'ECONNREFUSED'));
const paced = problemOf(new GraphPacedError('read', ID, 180, 60_000));
const storeAway = problemOf(new PinStoreUnreachableError('…'));
const storeRefuses = problemOf(new PinStoreRefusedError('…'));
const noWorker = new NoWorkerAnswerError(ID, false);
const noTemporal = new TemporalUnreachableError('localhost:7233');
const notSetUp = new SearchAttributesMissingError('default');
const terminated = new OnboardingTerminatedError(ID, 'by an operator');
const pinGone = problemOf(new PinNotFoundError('…'));

/** Each verdict that is not on an answer of Meta has rows of its own. */
const OWN_VERDICTS: Record<Exclude<ProblemVerdict, Verdict>, FailureRow[]> = {
  pinStoreUnreachable: [
    {
      says: 'The PIN store does not answer, before Meta has accepted the PIN',
      means:
        'It is down, or the worker cannot reach it. Nothing is sent without the PIN in the store',
      does: 'Tries again for up to 7 days; nothing of Meta’s limits is spent. After that it parks for 7 days, or ends where nothing was done yet.',
      sees: sentence(sightWords(SIGHTS.AT_WORK)),
      cure: storeAway.advice,
    },
    {
      says: 'The PIN store does not answer, after Meta has accepted the PIN',
      means: 'Meta has this PIN now; in the store it is pending',
      does: 'Stores it every 5 minutes until it works; after an hour it parks as well and goes on trying by itself, every hour and from the second day on every six. After each 7 days it says so again. It is never undone.',
      sees: `\`Securing\`, then ${sightWords(SIGHTS.PARKED)}.`,
      cure: storeAway.advice,
    },
  ],
  pinStoreRefused: [
    {
      says: 'The PIN store refuses',
      means: 'A permission or the key is missing, or the record is damaged',
      does: 'At the first look, and when the PIN is staged: ends at once; nothing was sent. When registering or setting the PIN: parks for 7 days, nothing sent. After Meta has accepted the PIN: parks, goes on trying by itself, says so again every 7 days, and is never undone.',
      sees: `${sightWords(SIGHTS.PARKED)}. Before anything was sent: ${sightWords(SIGHTS.REFUSED)}.`,
      cure: storeRefuses.advice,
    },
    {
      says: 'The PIN store has no such PIN any more',
      means: 'Somebody has removed the record while the run was under way',
      does: 'Parks for 7 days.',
      sees: sentence(sightWords(SIGHTS.PARKED)),
      cure: pinGone.advice,
    },
  ],
  budgetSpent: [
    {
      says: '“Meta allows 10 register requests per number in 72 hours, and they are used up”',
      means:
        'By this product’s own count over all runs of the number; three deregisters are kept for undoing',
      does: 'Waits until the next request is allowed, and sends it then; the eleventh never goes to Meta.',
      sees: `${sentence(sightWords(SIGHTS.AT_WORK))} The time stands under “Budget” too.`,
      cure: 'Nothing to do. Whoever registers the number elsewhere meanwhile makes it longer.',
    },
  ],
  codeRequestCap: [
    {
      says: '“at most 5 codes are asked for in 24 hours”, “codes are asked for at least 2 minutes apart”',
      means: 'This product’s own limit, which keeps Meta from blocking codes for a day',
      does: 'Asks for the code by itself when the time shown has come; a code that was sent before stays usable.',
      sees: sentence(sightWords(SIGHTS.AWAITING)),
      cure: 'Nothing to do, or hand in the code that was sent before.',
    },
  ],
};

/** What a read of a number says, where that ends or parks a run before anything is done. */
const READS: readonly [says: string, read: Omit<GraphNumber, 'id'>][] = [
  ['`is_on_biz_app`', { is_on_biz_app: true, status: 'CONNECTED' }],
  ['`account_mode` SANDBOX, registered', { account_mode: 'SANDBOX', platform_type: 'CLOUD_API' }],
  ['`status` BANNED', { status: 'BANNED' }],
  ['`status` DELETED', { status: 'DELETED' }],
  ['`status` MIGRATED', { status: 'MIGRATED' }],
  ['`platform_type` ON_PREMISE', { platform_type: 'ON_PREMISE' }],
  ['registered, and the PIN store has no PIN', { status: 'CONNECTED' }],
  [
    'not registered, two-step verification on, and the PIN store has no PIN',
    { platform_type: 'NOT_APPLICABLE', is_pin_enabled: true },
  ],
];

const READ_ROWS = READS.map(([says, read]): FailureRow => {
  const number = numberFacts({ id: ID, ...read });
  const plan = planSteps({ number, pins: undefined, takeOver: false });
  if (plan.kind !== 'refused' && plan.kind !== 'parked') {
    throw new Error(`A number that reads ${says} is onboarded.`);
  }
  const parks = plan.kind === 'parked';
  return {
    says: `The number reads ${says}`,
    means: plan.text.replace(/\.$/, ''),
    does: parks
      ? 'Parks for 14 days before a request is spent; `retry` goes on all the same.'
      : 'Ends at once; nothing was done.',
    sees: sentence(sightWords(parks ? SIGHTS.PARKED : SIGHTS.REFUSED)),
    cure: plan.advice,
  };
});

export const OTHER_FAILURES: readonly FailureRow[] = [
  ...READ_ROWS,
  {
    says: `${quoted(lost.text)}, or the connection breaks, a proxy answers (HTTP 502), the answer cannot be read or says \`success:false\``,
    means: 'Nobody knows whether Meta has done it',
    ...wordsFor({ verdict: 'retryLater', codes: [] }),
    cure: lost.advice,
  },
  {
    says: quoted(unreachable.text),
    means:
      'The request never left the worker: no network, a wrong GRAPH_API_BASE_URL, a proxy that is down',
    does: 'Tries again for up to 7 days; nothing of Meta’s limits is spent. After that it parks for 7 days, or ends where nothing was done yet. A code that was handed in is handed back after a minute.',
    sees: sentence(sightWords(SIGHTS.AT_WORK)),
    cure: unreachable.advice,
  },
  {
    says: quoted(paced.text),
    means:
      'GRAPH_API_CALLS_PER_HOUR is smaller than what the runs need now. Where it is larger than Meta’s quota, Meta’s rate limits (above) come instead',
    does: 'Waits for its turn, writes before reads; nothing is sent.',
    sees: sentence(sightWords(SIGHTS.AT_WORK)),
    cure: paced.advice,
  },
  ...Object.values(OWN_VERDICTS).flat(),
  {
    says: '“Temporal could not be asked for the former runs of the number”',
    means: 'Without them the requests of the last 72 hours cannot be counted',
    does: 'Sends nothing that Meta counts, and tries again for up to 7 days.',
    sees: sentence(sightWords(SIGHTS.AT_WORK)),
    cure: 'Check that the worker may list and read workflows in its namespace.',
  },
  {
    says: quoted(noWorker.message),
    means: 'Nothing is lost: Temporal keeps the runs, their timers and what people handed in',
    does: 'Stands still, and goes on when a worker runs again; timers that are overdue fire then. A code that was handed in is tried then, though it may have expired.',
    sees: `\`status\` tells the last known stage; \`code\` fails with exit code ${exitCodeOfError(noWorker)} and an update id.`,
    cure: 'Start a worker (npm start), then give the same code again with that update id, or ask for a new one.',
  },
  {
    says: 'A worker dies in the middle of a request',
    means: 'Meta may have done what it was asked',
    does: 'After at most 40 seconds another worker goes on: it looks first, adopts what was done, and asks for no second code.',
    sees: sentence(sightWords(SIGHTS.AT_WORK)),
    cure: 'Nothing to do for the run; look why the worker died.',
  },
  {
    says: quoted(noTemporal.message),
    means: 'The Temporal server is down, or the address is wrong',
    does: 'Stands still; nothing is lost. A request that is under way is finished, and what became of it is looked up afterwards.',
    sees: `Every command fails with exit code ${exitCodeOfError(noTemporal)}.`,
    cure: 'Start Temporal, or correct TEMPORAL_ADDRESS. Runs go on by themselves.',
  },
  {
    says: quoted(notSetUp.message),
    means: 'The namespace was not prepared',
    does: 'Is not started; a worker does not start either.',
    sees: `Exit code ${exitCodeOfError(notSetUp)}.`,
    cure: 'npx wa-onboard setup, once per namespace.',
  },
  {
    says: 'No right code came by the deadline',
    means:
      'Nobody handed in a code that Meta accepts, 24 hours long or as the start said; waits that Meta imposed do not count',
    does: 'Looks once more whether the number was verified meanwhile, else undoes what it did and ends.',
    sees: sentence(sightWords(SIGHTS.FAILED)),
    cure: 'Have somebody who holds the SIM at hand, and start again. `extend` moves the deadline of a run that still waits.',
  },
  {
    says: 'Somebody terminated the run',
    means: 'Nothing was undone',
    does: 'Is over. The next run waits up to 40 seconds for what may still be under way, looks, and goes on with the same PIN.',
    sees: `\`terminated\`; exit code ${exitCodeOfError(terminated)}.`,
    cure: 'Start it again. Cancel runs; do not terminate them.',
  },
];
