import type { PinRecordBackup, PinStore } from '../../activities/pin-store/pin-store.js';
import type { PinBackup } from './pin-backup-file.js';
import { oneSentence } from './sentences.js';

/** How many records are asked for at a time: a secret store in the cloud answers each in a tenth of a second. */
const AT_ONCE = 8;

/** All records of a store with their PINs. One that cannot be read is named, and does not keep the others from being backed up. */
export async function collectBackup(store: PinStore, now: Date): Promise<PinBackup> {
  const ids: string[] = [];
  const notBackedUp: PinBackup['notBackedUp'] = [];
  for await (const record of store.list()) {
    if ('unreadable' in record) {
      notBackedUp.push({ phoneNumberId: record.phoneNumberId, why: record.unreadable });
    } else ids.push(record.phoneNumberId);
  }
  const records = new Map<string, PinRecordBackup>();
  await inTurns(ids.toSorted(), async (id) => {
    try {
      const record = await store.backUp(id);
      if (record !== undefined) records.set(id, record); // else it was removed meanwhile
    } catch (error) {
      notBackedUp.push({ phoneNumberId: id, why: oneSentence(error) });
    }
  });
  return {
    madeAt: now.toISOString(),
    store: store.name,
    records: [...records.values()].toSorted((a, b) => order(a, b)),
    notBackedUp: notBackedUp.toSorted((a, b) => order(a, b)),
  };
}

/** What became of a record that was to be brought back. */
export interface RestoredRecord {
  phoneNumberId: string;
  outcome: 'restored' | 'unchanged' | 'differs' | 'failed';
  /** Of one that failed. */
  why?: string;
}

/** Bring records back. One that cannot be brought back does not keep the others from it. */
export async function restoreBackup(
  store: PinStore,
  records: readonly PinRecordBackup[],
): Promise<RestoredRecord[]> {
  const restored: RestoredRecord[] = [];
  await inTurns([...records], async (record) => {
    const { phoneNumberId } = record;
    try {
      restored.push({ phoneNumberId, outcome: await store.restore(record) });
    } catch (error) {
      restored.push({ phoneNumberId, outcome: 'failed', why: oneSentence(error) });
    }
  });
  return restored.toSorted((a, b) => order(a, b));
}

const order = (a: { phoneNumberId: string }, b: { phoneNumberId: string }) =>
  a.phoneNumberId.localeCompare(b.phoneNumberId);

async function inTurns<T>(items: T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values();
  const worker = async () => {
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker));
}
