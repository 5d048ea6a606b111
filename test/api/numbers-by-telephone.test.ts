/** Which number a telephone number is, by the PIN records, and how often these are read for it. */
import { expect, test } from 'vitest';
import type { ListedPinRecord } from '../../activities/pin-store/pin-store.js';
import { numbersByTelephone } from '../../client/api/webhooks/numbers-by-telephone.js';

const WABA_ID = '102290129340398';

function record(
  phoneNumberId: string,
  displayPhoneNumber: string,
  more: Partial<Exclude<ListedPinRecord, { unreadable: string }>> = {},
): ListedPinRecord {
  return {
    ...{ phoneNumberId, store: 'local', record: phoneNumberId, displayPhoneNumber },
    ...{ versions: {}, ...more },
  };
}

function known(records: ListedPinRecord[]) {
  let reads = 0;
  let now = Date.parse('2026-11-23T10:00:00.000Z');
  let trouble: Error | undefined;
  const numbers = numbersByTelephone(
    async () => ({
      async *list() {
        reads += 1;
        if (trouble !== undefined) throw trouble;
        yield* records;
      },
      describe: async () => undefined,
      read: async () => {
        throw new Error('No PIN is read for this.');
      },
    }),
    () => new Date(now),
  );
  return {
    /** @param happened how many seconds ago Meta says that something happened */
    idOf: async (telephone: string, wabaId = WABA_ID, happened = 0) =>
      (await numbers.find(telephone, wabaId, now - happened * 1_000))?.phoneNumberId,
    numbers,
    records,
    reads: () => reads,
    pass: (seconds: number) => {
      now += seconds * 1_000;
    },
    fail: (error: Error | undefined) => {
      trouble = error;
    },
  };
}

test.each(['+1 631-555-1234', '16315551234', '(1) 631 555.1234', ' 1631-5551234'])(
  'only the digits of %s count',
  async (telephone) => {
    const { idOf } = known([record('111', '+1 (631) 555-1234'), record('222', '16315551235')]);
    expect(await idOf(telephone)).toBe('111');
  },
);

test('a telephone number without digits, or of too few, is of no number', async () => {
  const { idOf } = known([record('111', ''), record('222', '1234')]);
  expect([await idOf(''), await idOf('none'), await idOf('1234')]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test('of two records of one telephone number, the one in the account is meant, else the newest that is known to be in none', async () => {
  const dated = (createdAt: string, lastRotated?: string) => ({
    versions: {
      current: { version: 'v', createdAt, ...(lastRotated === undefined ? {} : { lastRotated }) },
    },
  });
  const telephone = '16315551234';
  const { idOf } = known([
    record('111', telephone, { wabaId: WABA_ID, ...dated('2026-01-01T00:00:00.000Z') }),
    record('222', telephone, {
      wabaId: '7',
      ...dated('2026-02-01T00:00:00.000Z', '2026-05-01T00:00:00.000Z'),
    }),
    record('333', telephone, { wabaId: '8', ...dated('2026-03-01T00:00:00.000Z') }),
  ]);
  expect(await idOf(telephone)).toBe('111');
  expect(await idOf(telephone, '8')).toBe('333');
  expect(await idOf(telephone, '9')).toBeUndefined();
  const unplaced = known([
    record('444', telephone, dated('2026-01-01T00:00:00.000Z', '2026-06-01T00:00:00.000Z')),
    record('555', telephone, dated('2026-02-01T00:00:00.000Z')),
    record('666', telephone, { wabaId: '8', ...dated('2026-07-01T00:00:00.000Z') }),
  ]);
  expect(await unplaced.idOf(telephone, '9')).toBe('444');
});

test('a record that cannot be read does not hide the others', async () => {
  const unreadable = { phoneNumberId: '1', store: 'local', record: '1', unreadable: 'Restore it.' };
  const { idOf } = known([unreadable, record('111', '16315551234')]);
  expect(await idOf('16315551234')).toBe('111');
});

test('the records are read once for all who ask at a time, and kept', async () => {
  const { idOf, reads } = known([record('111', '16315551234')]);
  await Promise.all([idOf('16315551234'), idOf('16315551234'), idOf('16315551234')]);
  await idOf('16315551234');
  expect(reads()).toBe(1);
});

test('a telephone number that is not known counts as none once the records were read after what Meta tells of', async () => {
  const { idOf, reads, pass } = known([]);
  expect(await idOf('16315551234')).toBeUndefined();
  pass(20);
  expect(await idOf('16315551234', WABA_ID, 35)).toBeUndefined();
  expect(reads()).toBe(1);
});

test('one that may be new is asked for again, and the records are read anew for it, at most every 30 seconds', async () => {
  const { idOf, records, reads, pass } = known([]);
  expect(await idOf('4930123456')).toBeUndefined();
  records.push(record('111', '16315551234'));
  pass(5);
  for (let times = 0; times < 3; times += 1) {
    await expect(idOf('16315551234')).rejects.toMatchObject({
      ...{ kind: 'not-known-yet', headers: { 'retry-after': '25' } },
    });
  }
  pass(24);
  await expect(idOf('16315551234', WABA_ID, 24)).rejects.toMatchObject({ kind: 'not-known-yet' });
  expect(reads()).toBe(1);
  pass(1);
  expect(await idOf('16315551234', WABA_ID, 25)).toBe('111');
  expect(reads()).toBe(2);
});

test('what is known is read anew after 10 minutes', async () => {
  const { idOf, records, reads, pass } = known([record('111', '16315551234')]);
  await idOf('16315551234');
  records[0] = record('222', '16315551234');
  pass(599);
  expect(await idOf('16315551234')).toBe('111');
  pass(1);
  expect(await idOf('16315551234')).toBe('222');
  expect(reads()).toBe(2);
});

test('a store that cannot be read is told, and read again the next time', async () => {
  const { idOf, reads, fail } = known([record('111', '16315551234')]);
  fail(new Error('It does not answer.'));
  await expect(idOf('16315551234')).rejects.toThrow('It does not answer.');
  fail(undefined);
  expect(await idOf('16315551234')).toBe('111');
  expect(reads()).toBe(2);
});
