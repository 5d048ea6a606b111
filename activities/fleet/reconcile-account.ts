import { ApplicationFailure } from '@temporalio/common';
import { failure, failureOf, problemIn } from '../failures.js';
import { looking } from '../number-access.js';
import { type ListedPinRecord, PinStoreRefusedError } from '../pin-store/pin-store.js';
import { numbersOf } from './account.js';
import { type Compared, compare } from './compared.js';
import { asking, beat, type FleetActivityDependencies } from './fleet-access.js';
import type { OpenRun, OpenRuns } from './open-runs.js';
import { notCompared, notSubscribed, reconcileReport } from './reconcile-report.js';
import { recordNotes } from './record-notes.js';
import type { Finding, ReconcileReport } from './report.js';

export interface AccountToReconcile {
  /** @default the one that the worker is configured with */
  wabaId?: string;
  /** PINs older than this many milliseconds are a finding. */
  ageMs: number;
  /** Subscribe the app to the account's webhooks where none is. */
  subscribe: boolean;
}

const PER_BEAT = 50;

/**
 * Compares the numbers that Meta lists for an account, the records of the PIN store and the open runs. It writes nothing but
 * what it notes in the records about the account and changed display names, and the subscription where it is told to.
 *
 * What Meta or the PIN store refuses is a finding and the rest is compared all the same; what may pass fails the activity.
 */
export function reconcileAccount(dependencies: FleetActivityDependencies) {
  const { graph, pinStore, openRuns, clock = () => new Date() } = dependencies;
  return (input: AccountToReconcile): Promise<ReconcileReport> =>
    looking(async () => {
      const wabaId = input.wabaId ?? dependencies.wabaId;
      if (wabaId === undefined) throw noAccount();
      const now = clock();
      const ofAccount: Finding[] = [];
      const unlessRefused = <T>(read: () => Promise<T>) =>
        read().catch((error: unknown) => {
          ofAccount.push(refusalOf(error, wabaId));
          return undefined;
        });

      const before = await runsOf(openRuns);
      const numbers = await unlessRefused(() => numbersOf(graph, wabaId));
      const isSubscribed = numbers && (await unlessRefused(() => hasSubscribedApp(wabaId)));
      const isCured =
        isSubscribed === false &&
        input.subscribe &&
        (await unlessRefused(() => graph.subscribeApp(wabaId, asking()))) !== undefined;
      const records = await unlessRefused(allRecords);
      // Once more, since a run may have begun or ended while the rest was read.
      const after = await runsOf(openRuns);
      const runs = [
        ...new Map([...before, ...after].map((run) => [run.phoneNumberId, run])).values(),
      ];

      const all = compare({ wabaId, numbers, records, runs });
      await unlessRefused(() => noteWhatIsNew(all, wabaId, now));
      const look = {
        now,
        wabaId,
        ageMs: input.ageMs,
        numbersRead: numbers !== undefined,
        recordsRead: records !== undefined,
      };
      if (isSubscribed === false) ofAccount.push(notSubscribed(wabaId, isCured));
      return reconcileReport(all, look, ofAccount, {
        numbers: numbers?.length ?? 0,
        records: records?.length ?? 0,
        openRuns: runs.length,
      });
    });

  async function allRecords(): Promise<ListedPinRecord[]> {
    const records: ListedPinRecord[] = [];
    for await (const record of pinStore.list()) {
      if (records.push(record) % PER_BEAT === 0) beat();
    }
    return records;
  }

  async function hasSubscribedApp(wabaId: string): Promise<boolean> {
    return (await graph.subscribedApps(wabaId, asking())).count > 0;
  }

  async function noteWhatIsNew(all: readonly Compared[], wabaId: string, now: Date): Promise<void> {
    for (const each of all) {
      const notes = recordNotes(each, wabaId, now);
      if (notes === undefined) continue;
      beat();
      const record = await pinStore.annotate(each.phoneNumberId, notes);
      if (record !== undefined) each.record = record;
    }
  }
}

function noAccount(): ApplicationFailure {
  const text = 'No WhatsApp Business account is named.';
  const advice = 'Give the worker WA_BUSINESS_ACCOUNT_ID, or name the account.';
  return failure(`${text} ${advice}`, { verdict: 'refused', outcome: 'notSent', text, advice });
}

async function runsOf(openRuns: OpenRuns): Promise<OpenRun[]> {
  try {
    return await openRuns();
  } catch (error) {
    const text = 'Temporal could not be asked for the open runs';
    const advice = 'Check that the worker may list workflows in its namespace.';
    throw failure(
      `${text} (${error instanceof Error ? error.message : 'no reason given'}). ${advice}`,
      { verdict: 'retryLater', outcome: 'notSent', text, advice },
    );
  }
}

/** Meta's ways to say that an account is not there, or not for this access token. */
const NO_SUCH_ACCOUNT: readonly (number | undefined)[] = [33, 100, 803];

/** @throws what is no refusal */
function refusalOf(error: unknown, wabaId: string): Finding {
  const known = failureOf(error, false);
  const problem = known instanceof ApplicationFailure ? problemIn(known) : undefined;
  const isRefusal =
    problem?.verdict === 'operatorNeeded' ||
    problem?.verdict === 'refused' ||
    error instanceof PinStoreRefusedError;
  if (problem === undefined || !isRefusal) throw error;
  if (error instanceof PinStoreRefusedError) return notCompared(error.message, problem.advice);
  const cure = NO_SUCH_ACCOUNT.includes(problem.code)
    ? `Check WA_BUSINESS_ACCOUNT_ID; if ${wabaId} is right, assign the account to the system user of the access token.`
    : problem.advice;
  return notCompared(error instanceof Error ? error.message : problem.text, cure);
}
