import { describe, expect, test } from 'vitest';
import {
  annotateInDocument,
  backUpOf,
  describeDocument,
  documentOf,
  emptyPinDocument,
  type PinDocument,
  parsePinDocument,
  promoteInDocument,
  restoreInDocument,
} from '../../activities/pin-store/pin-document.js';
import {
  PinRecordChangedError,
  PinStoreRefusedError,
} from '../../activities/pin-store/pin-store.js';
import { Secret } from '../../activities/secret.js';

const NUMBER = '106540352242922';
const NOW = '2026-11-23T09:00:00.000Z';
const STALE = { since: '2026-11-22T09:00:00.000Z', why: 'Meta reported PIN_CHANGED.' };
const day = (number: number) => new Date(Date.UTC(2026, 0, number)).toISOString();

/** A version of that day. Its PIN follows from its name. */
const version = (name: string, createdAt: string, lastRotated?: string) => ({
  version: name,
  pin: `PIN of ${name}`,
  createdAt,
  ...(lastRotated !== undefined && { lastRotated }),
});

const RECORD: PinDocument = {
  phoneNumberId: NUMBER,
  about: { label: 'Lima' },
  notes: { stale: STALE, renamedAt: day(3) },
  versions: [
    version('current', day(9), day(10)),
    version('previous', day(1), day(2)),
    version('a', day(3), day(8)),
    version('b', day(7)),
    version('c', day(4), day(6)),
    version('d', day(7)),
    version('provided', day(1)),
    version('pending', day(11)),
  ],
  states: { current: 'current', previous: 'previous', provided: 'provided', pending: 'pending' },
};

const promote = (document: PinDocument, name: string, keepFormer = 90) => {
  const change = promoteInDocument(document, name, NOW, { keepFormer });
  if (change === undefined) throw new Error(`The document has no version ${name}.`);
  return change.document;
};
const namesIn = ({ versions }: PinDocument) => versions.map((each) => each.version);

test('a record written before there were notes is read as one without', () => {
  const { notes, ...old } = RECORD;
  expect(parsePinDocument(JSON.parse(JSON.stringify(old)))).toEqual({ ...RECORD, notes: {} });
  expect(parsePinDocument(JSON.parse(JSON.stringify(RECORD)))).toEqual(RECORD);
});

test('a description shows notes and the name under which the number was registered', () => {
  const document = annotateInDocument(RECORD, { about: { registeredName: 'Lima Repairs' } });
  expect(describeDocument(document, { store: 'local', record: NUMBER })).toMatchObject({
    label: 'Lima',
    registeredName: 'Lima Repairs',
    stale: STALE,
    renamedAt: day(3),
  });
});

describe('a note', () => {
  test.each([
    ['nothing', {}],
    ['nothing about the number', { about: {} }],
    ['what is known', { about: { label: 'Lima' }, stale: { ...STALE }, renamedAt: day(3) }],
  ])('of %s changes nothing', (_, given) => {
    expect(annotateInDocument(RECORD, given)).toBe(RECORD);
  });

  test('that is taken away and was not there changes nothing', () => {
    const empty = emptyPinDocument(NUMBER);
    expect(annotateInDocument(empty, { stale: null, renamedAt: null })).toBe(empty);
  });

  test.each([
    ['another reason', { stale: { ...STALE, why: 'Somebody said so.' } }],
    ['another time', { stale: { ...STALE, since: day(5) } }],
    ['another name', { renamedAt: day(5) }],
    ['an end', { offboardedAt: day(5) }],
  ])('with %s replaces the one of its name alone', (_, given) => {
    expect(annotateInDocument(RECORD, given).notes).toEqual({ ...RECORD.notes, ...given });
  });

  test('is taken away by null alone', () => {
    expect(annotateInDocument(RECORD, { stale: null }).notes).toEqual({ renamedAt: day(3) });
    expect(annotateInDocument(RECORD, { renamedAt: null }).notes).toEqual({ stale: STALE });
  });
});

describe('a promotion', () => {
  test.each([
    [0, []],
    [1, ['a']],
    [2, ['a', 'd']],
    [3, ['a', 'b', 'd']],
    [4, ['a', 'b', 'c', 'd']],
    // The one that was previous is former by now, and the oldest.
    [5, ['previous', 'a', 'b', 'c', 'd']],
  ])(
    'keeps the newest %d versions without a state, by when they were current or made',
    (keepFormer, former) => {
      expect(namesIn(promote(RECORD, 'pending', keepFormer))).toEqual(
        namesIn(RECORD).filter((name) =>
          ['current', 'provided', 'pending', ...former].includes(name),
        ),
      );
    },
  );

  test('drops neither a version that comes back nor the one it replaces', () => {
    const back = promote(RECORD, 'c', 0);
    expect(namesIn(back)).toEqual(['current', 'c', 'provided', 'pending']);
    expect(back.states).toEqual({
      current: 'c',
      previous: 'current',
      provided: 'provided',
      pending: 'pending',
    });
  });

  test('of the current version changes nothing, whatever was expected and is to be kept', () => {
    const change = promoteInDocument(RECORD, 'current', NOW, {
      expected: { current: 'a' },
      keepFormer: 0,
    });
    expect(change?.document).toBe(RECORD);
  });

  test('takes the note that the PIN is stale away, and no other', () => {
    expect(promote(RECORD, 'pending').notes).toEqual({ renamedAt: day(3) });
  });

  test('of the same PIN under another id leaves it stale', () => {
    const pin = 'PIN of current';
    const versions = RECORD.versions.map((each) =>
      each.version === 'provided' ? { ...each, pin } : each,
    );
    expect(promote({ ...RECORD, versions }, 'provided').notes).toEqual(RECORD.notes);
  });

  test.each([
    ['another', { current: 'previous' }, /version previous .*version current/],
    ['none', { current: null }, /no version .*version current/],
  ])(
    'that expects %s to be current names the record and both, and no PIN',
    (_, expected, names) => {
      const attempt = () =>
        promoteInDocument(RECORD, 'pending', NOW, { expected, keepFormer: 0, record: 'pins/1065' });
      expect(attempt).toThrow(PinRecordChangedError);
      expect(attempt).toThrow('pins/1065');
      expect(attempt).toThrow(names);
      expect(attempt).not.toThrow('PIN of');
    },
  );

  test('of a version that is not there is none, whatever was expected', () => {
    const attempt = promoteInDocument(RECORD, 'e', NOW, {
      expected: { current: 'a' },
      keepFormer: 0,
    });
    expect(attempt).toBeUndefined();
  });
});

describe('a backup', () => {
  const backup = backUpOf(RECORD);

  test('holds the whole record, and its PINs as secrets', () => {
    expect(documentOf(backup)).toEqual(RECORD);
    expect(backup.versions[0]?.pin).toBeInstanceOf(Secret);
    expect(JSON.stringify(backup)).not.toContain('PIN of');
  });

  test('is the same whatever the order of its versions', () => {
    const turned = { ...backup, versions: backup.versions.toReversed() };
    expect(restoreInDocument(RECORD, turned)).toEqual({ document: RECORD, outcome: 'unchanged' });
  });

  test.each([
    ['a note less', { notes: {} }],
    ['another label', { about: { label: 'Quito' } }],
    ['another state', { states: { ...RECORD.states, pending: 'a' } }],
    ['a version less', { versions: RECORD.versions.filter((each) => each.version !== 'a') }],
    ['another date', { versions: [version('current', day(9)), ...RECORD.versions.slice(1)] }],
  ])('changes nothing of a record with %s', (_, difference) => {
    const existing: PinDocument = { ...RECORD, ...difference };
    const { document, outcome } = restoreInDocument(existing, backup);
    expect([document === existing, outcome]).toEqual([true, 'differs']);
  });

  test('of something else than a record is refused', () => {
    for (const broken of [
      { ...backup, versions: [] },
      { ...backup, states: { current: 'e' } },
      { ...backup, versions: [...backup.versions, ...backup.versions] },
      { ...backup, phoneNumberId: '../1065' },
    ]) {
      expect(() => documentOf(broken)).toThrow(PinStoreRefusedError);
    }
  });
});
