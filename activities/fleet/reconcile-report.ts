/** Puts a report together. Pure. */
import type { Compared } from './compared.js';
import { FINDING_ROWS, findingsAbout, type Look } from './finding-rows.js';
import type { Finding, FindingKind, ReconcileReport } from './report.js';

/** So many findings fit well into what Temporal takes as one result. */
export const MOST_FINDINGS = 1_000;

/** What is about the account goes first: it concerns all of its numbers. */
const GRAVITY: readonly FindingKind[] = [
  'notCompared',
  'appNotSubscribed',
  ...FINDING_ROWS.map(({ kind }) => kind),
];

/**
 * @param ofAccount findings that are about no number
 * @param compared how much each side gave
 */
export function reconcileReport(
  all: readonly Compared[],
  look: Look,
  ofAccount: readonly Finding[],
  compared: ReconcileReport['compared'],
): ReconcileReport {
  const findings = [...ofAccount, ...all.flatMap((each) => findingsAbout(each, look))];
  const counts: ReconcileReport['counts'] = {};
  for (const { kind, cured } of findings) if (!cured) counts[kind] = (counts[kind] ?? 0) + 1;
  return {
    at: look.now.toISOString(),
    wabaId: look.wabaId,
    compared,
    counts,
    findings: findings
      .sort((a, b) => GRAVITY.indexOf(a.kind) - GRAVITY.indexOf(b.kind))
      .slice(0, MOST_FINDINGS),
  };
}

/** What could not be read, and so was not compared. */
export function notCompared(text: string, cure: string): Finding {
  return { kind: 'notCompared', text, cure };
}

export function notSubscribed(wabaId: string, cured: boolean): Finding {
  return {
    kind: 'appNotSubscribed',
    text: `No app was subscribed to account ${wabaId}, so no message and no event of its numbers arrived.`,
    cure: cured
      ? 'The app of the access token is subscribed now.'
      : 'Subscribe the app of the access token: npx wa-onboard reconcile --subscribe.',
    ...(cured ? { cured: true as const } : {}),
  };
}
