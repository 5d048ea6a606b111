import type { RawValue } from '@temporalio/common';
import {
  ApplicationFailure,
  defineWorkflowOptions,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import { reconcileAccount } from './activity-options.js';
import { handOver, tellsPeople } from './announce.js';
import { settled } from './attempts.js';
import {
  FAILURE_TYPES,
  type Finding,
  REREGISTER_NUMBER,
  type ReconcileInput,
  type ReconcileReport,
  type ReregistrationInput,
} from './messages.js';
import { notificationOfNotice } from './notification.js';
import { parseReconcileInput } from './operation-input.js';
import { RAW, readRaw } from './raw-payload.js';
import { startOperation } from './start-when-free.js';

/** `type` of the failure of a reconcile that could not compare. */
export const NOT_RECONCILED = 'NotReconciled';

/** Findings that a notification names. */
const NAMED = 10;

/**
 * Compares Meta's list of an account's numbers, the PIN store and the open runs, and tells people what is not as it should be.
 *
 * @param input a {@link ReconcileInput}, raw
 * @throws `ApplicationFailure` of type `InvalidInput`, or {@link NOT_RECONCILED} with the cause and its cure
 */
export async function reconcile(input: RawValue<ReconcileInput>): Promise<ReconcileReport> {
  const parsed = readRaw(input, parseReconcileInput);
  if (!parsed.ok)
    throw ApplicationFailure.nonRetryable(parsed.sentence, FAILURE_TYPES.invalidInput);
  const { notify, reregister, ...asked } = parsed.value;
  const compared = await settled(reconcileAccount(asked));
  if (!compared.ok) {
    const { text, advice } = compared.problem;
    throw ApplicationFailure.nonRetryable(
      `The numbers could not be compared: ${text.replace(/\.$/, '')}. ${advice}`,
      NOT_RECONCILED,
    );
  }
  const report = reregister ? await registeredAgain(compared.value) : compared.value;
  if (notify && openFindings(report).length > 0 && (await tellsPeople())) await tell(report);
  return report;
}

defineWorkflowOptions(reconcile, { staticOptions: RAW });

const openFindings = ({ findings }: ReconcileReport) => findings.filter(({ cured }) => !cured);

/** Begins to register those numbers again whose display name has changed. */
async function registeredAgain(report: ReconcileReport): Promise<ReconcileReport> {
  const findings: Finding[] = [];
  for (const finding of report.findings) {
    const { kind, phoneNumberId, label } = finding;
    const begun =
      kind === 'nameChanged' &&
      phoneNumberId !== undefined &&
      (await startOperation<ReregistrationInput>(REREGISTER_NUMBER, {
        phoneNumberId,
        reason: 'its display name has changed',
        requestedBy: 'reconcile',
        ...(label === undefined ? {} : { label }),
      }));
    findings.push(begun ? { ...finding, cured: true } : finding);
  }
  const counts = { ...report.counts };
  for (const { kind, cured } of findings) {
    if (kind === 'nameChanged' && cured) counts[kind] = (counts[kind] ?? 1) - 1;
  }
  if (counts.nameChanged === 0) delete counts.nameChanged;
  return { ...report, counts, findings };
}

async function tell(report: ReconcileReport): Promise<void> {
  const open = openFindings(report);
  const named = open.slice(0, NAMED).map(({ text }) => text);
  const more = open.length > NAMED ? ` And ${open.length - NAMED} more.` : '';
  const notice = {
    event: 'reconcile.findings',
    text: `Reconcile found ${open.length === 1 ? 'one thing' : `${open.length} things`} to look at: ${named.join(' ')}${more}`,
    runId: workflowInfo().runId,
    counts: report.counts,
  } as const;
  await handOver(notificationOfNotice(notice, uuid4(), new Date().toISOString()));
}
