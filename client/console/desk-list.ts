/** The open onboardings as the desk shows them: kept up by pages and events, put into groups, searched. Pure. */

import type { CodeVerdict } from '../../workflows/messages.js';
import type { Onboarding } from '../api/schemas.js';
import { matchesText } from './number-names.js';

export interface DeskGroups {
  /** A sent code is good and may be tried, oldest first. */
  waiting: Onboarding[];
  /** They wait for a code, and the newest has expired, has no tries left, or was never sent. */
  needCode: Onboarding[];
  /** Meta is asked for the code when an agent is ready. */
  agent: Onboarding[];
  parked: Onboarding[];
  /** At work by themselves. */
  others: Onboarding[];
}

export function groupDesk(items: Iterable<Onboarding>, now: number): DeskGroups {
  const groups: DeskGroups = { waiting: [], needCode: [], agent: [], parked: [], others: [] };
  for (const item of items) {
    if (item.stage === 'AwaitingCode') {
      groups[hasGoodCode(item, now) ? 'waiting' : 'needCode'].push(item);
    } else if (item.stage === 'AwaitingAgent') groups.agent.push(item);
    else if (item.stage === 'Parked') groups.parked.push(item);
    else groups.others.push(item);
  }
  groups.waiting.sort(by(({ code, startedAt }) => code?.sentAt ?? startedAt));
  groups.needCode.sort(by(({ code, startedAt }) => code?.sentAt ?? startedAt));
  for (const group of [groups.agent, groups.parked]) {
    group.sort(by(({ waiting, startedAt }) => waiting?.since ?? startedAt));
  }
  groups.others.sort(by(({ startedAt }) => startedAt));
  return groups;
}

/** Is there a code that an agent could type now? */
export function hasGoodCode({ code }: Onboarding, now: number): boolean {
  return code !== undefined && code.triesLeft > 0 && Date.parse(code.expiresAt) > now;
}

/** Those that a search text names, where there is one. */
export function searchGroups(groups: DeskGroups, text: string): DeskGroups {
  if (text.trim() === '') return groups;
  const found = (items: Onboarding[]) => items.filter((item) => matchesText(item, text));
  return {
    waiting: found(groups.waiting),
    needCode: found(groups.needCode),
    agent: found(groups.agent),
    parked: found(groups.parked),
    others: found(groups.others),
  };
}

/** Who holds a number now, where somebody does. */
export function holderOf({ claim }: Pick<Onboarding, 'claim'>, now: number): string | undefined {
  return claim !== undefined && Date.parse(claim.until) > now ? claim.by : undefined;
}

/**
 * The number to work on next: the oldest good code that nobody else holds, after the one in work where there is one, else from
 * the beginning. Numbers that need a new code come when no good code is left.
 */
export function nextNumber(
  groups: DeskGroups,
  me: string,
  now: number,
  inWork?: string,
): Onboarding | undefined {
  for (const group of [groups.waiting, groups.needCode]) {
    const at = group.findIndex(({ phoneNumberId }) => phoneNumberId === inWork);
    const free = (item: Onboarding) =>
      item.phoneNumberId !== inWork && (holderOf(item, now) ?? me) === me;
    const next = group.slice(at + 1).find(free) ?? group.find(free);
    if (next !== undefined) return next;
  }
  return undefined;
}

/** A number after a code for it was answered, until the list tells as much. */
export function afterVerdict(item: Onboarding, verdict: CodeVerdict): Onboarding {
  if (verdict.verdict === 'verified') return { ...item, stage: 'Securing' };
  if (verdict.verdict !== 'refused' || item.code === undefined) return item;
  const triesLeft = Math.min(item.code.triesLeft, verdict.triesLeft);
  const refusedCount = item.code.refusedCount + item.code.triesLeft - triesLeft;
  return { ...item, code: { ...item.code, triesLeft, refusedCount } };
}

/** A change that an event told. */
export type DeskChange =
  | { kind: 'onboarding'; onboarding: Onboarding }
  | { kind: 'gone'; phoneNumberId: string; runId: string };

/** Takes a change into the list. An end of another run than the one listed is old news. */
export function applyChange(items: Map<string, Onboarding>, change: DeskChange): void {
  if (change.kind === 'onboarding') {
    items.set(change.onboarding.phoneNumberId, change.onboarding);
  } else if (items.get(change.phoneNumberId)?.runId === change.runId) {
    items.delete(change.phoneNumberId);
  }
}

/**
 * The list after it was loaded anew. What events told while it was being loaded is newer than the pages, and wins.
 *
 * @param since changes since the loading began, oldest first
 */
export function mergeLoaded(
  loaded: Iterable<Onboarding>,
  since: readonly DeskChange[],
): Map<string, Onboarding> {
  const items = new Map<string, Onboarding>();
  for (const item of loaded) items.set(item.phoneNumberId, item);
  for (const change of since) applyChange(items, change);
  return items;
}

function by(instant: (item: Onboarding) => string): (a: Onboarding, b: Onboarding) => number {
  return (a, b) =>
    Date.parse(instant(a)) - Date.parse(instant(b)) || (a.phoneNumberId < b.phoneNumberId ? -1 : 1);
}
