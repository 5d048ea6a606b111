import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { History } from '../../demo/secret-search.js';
import { filesIn } from './files-in.js';
import { type Canary, type Place, scan } from './leak-scan.js';

const PIN: Canary = { name: 'the PIN', kind: 'PIN', value: '048213' };
const CODE: Canary = { name: 'the code', kind: 'code', value: '907142' };
const TOKEN: Canary = { name: 'the token', kind: 'token', value: 'EAAb+/0?canary~token' };
const CANARIES = [PIN, CODE, TOKEN];

const base64 = (text: string) => Buffer.from(text).toString('base64');
const base64url = (text: string) => Buffer.from(text).toString('base64url');
const hex = (text: string) => Buffer.from(text).toString('hex');
const everyByte = (text: string) =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');

/** Ways to write a secret. */
const FORMS: Record<string, (secret: string) => string> = {
  'as it is': (secret) => `so ${secret} it is`,
  'in JSON': (secret) => JSON.stringify({ pin: secret }),
  'URL-encoded': (secret) => `?t=${encodeURIComponent(secret)}&x=1`,
  'percent-encoded, every byte': (secret) => `?t=${everyByte(secret)}&x=1`,
  'percent-encoded in part': (secret) => secret.slice(0, 2) + everyByte(secret.slice(2)),
  'in base64': (secret) => base64(secret),
  'in base64 after one byte': (secret) => base64(`x${secret}, and more`),
  'in base64 after two bytes': (secret) => base64(`xy${secret}, and more`),
  'in base64url': (secret) => base64url(secret),
  'in base64url after one byte': (secret) => base64url(`?${secret}, and more`),
  'in base64url after two bytes': (secret) => base64url(`?>${secret}, and more`),
  'in base64 of JSON within JSON in base64': (secret) =>
    base64(JSON.stringify({ deep: base64(JSON.stringify({ secret })) })),
  'in hex': (secret) => hex(`x${secret}y`),
  'in capital hex': (secret) => hex(secret).toUpperCase(),
};

/** Ways to write six digits. */
const DIGIT_FORMS: typeof FORMS = {
  'with a dash': (digits) => `WhatsApp code ${digits.slice(0, 3)}-${digits.slice(3)}`,
  'with a blank': (digits) => `${digits.slice(0, 3)} ${digits.slice(3)}`,
  'beside letters': (digits) => `PIN${digits}x`,
  'as a number': (digits) => JSON.stringify({ pin: Number(digits) }),
};

const bytes = (text: string) => Buffer.from(text);
const payloads = (text: string) => ({ payloads: [{ metadata: {}, data: bytes(text) }] });
const fields = (text: string) => ({ OnboardingLabel: { data: bytes(text) } });

type HistoryEvent = NonNullable<History['events']>[number];

const history = (event: HistoryEvent): Place => ({
  kind: 'history',
  name: 'history',
  content: { events: [{}, event] },
});
const failed = (failure: object): Place =>
  history({ activityTaskFailedEventAttributes: { failure } });
const other = (name: string, content: unknown): Place => ({ kind: 'else', name, content });
const thrown = (error: Error): Place => other('what a caller catches', error);

/** Places, each with a text planted in it. */
const PLACES: Record<string, (text: string) => Place> = {
  'a log line': (text) => other('log', `2026-11-26T09:14:00.000Z [WARN] 1065: Meta said ${text}`),
  'the stack of a log line': (text) => other('log', `Error\n    at send (graph.js:1:2) ${text}`),
  'an activity’s result': (text) =>
    history({ activityTaskCompletedEventAttributes: { result: payloads(text) } }),
  'the input of an activity that needs no code': (text) =>
    history({
      activityTaskScheduledEventAttributes: {
        activityType: { name: 'register' },
        input: payloads(text),
      },
    }),
  'an activity’s summary': (text) =>
    history({
      activityTaskScheduledEventAttributes: { activityType: { name: 'verifyCode' } },
      userMetadata: { summary: { data: bytes(text) } },
    }),
  'a timer’s details': (text) =>
    history({ timerStartedEventAttributes: {}, userMetadata: { details: { data: bytes(text) } } }),
  'a local activity’s marker': (text) =>
    history({ markerRecordedEventAttributes: { details: { data: payloads(text) } } }),
  'the start’s memo': (text) =>
    history({ workflowExecutionStartedEventAttributes: { memo: { fields: fields(text) } } }),
  'the start’s search attributes': (text) =>
    history({
      workflowExecutionStartedEventAttributes: {
        searchAttributes: { indexedFields: fields(text) },
      },
    }),
  'an upserted search attribute': (text) =>
    history({
      upsertWorkflowSearchAttributesEventAttributes: {
        searchAttributes: { indexedFields: fields(text) },
      },
    }),
  'the start’s header': (text) =>
    history({ workflowExecutionStartedEventAttributes: { header: { fields: fields(text) } } }),
  'a signal’s header': (text) =>
    history({ workflowExecutionSignaledEventAttributes: { header: { fields: fields(text) } } }),
  'a signal’s name': (text) =>
    history({ workflowExecutionSignaledEventAttributes: { signalName: text } }),
  'the answer to an update': (text) =>
    history({
      workflowExecutionUpdateCompletedEventAttributes: { outcome: { success: payloads(text) } },
    }),
  'the result of the run': (text) =>
    history({ workflowExecutionCompletedEventAttributes: { result: payloads(text) } }),
  'a failure’s message': (text) => failed({ message: text }),
  'a failure’s stack': (text) => failed({ stackTrace: `Error\n    at ${text}` }),
  'a failure’s details': (text) => failed({ applicationFailureInfo: { details: payloads(text) } }),
  'a failure’s type': (text) => failed({ applicationFailureInfo: { type: text } }),
  'the cause of a failure’s cause': (text) => failed({ cause: { cause: { message: text } } }),
  'a failure’s encoded attributes': (text) => failed({ encodedAttributes: { data: bytes(text) } }),
  'current details': (text) => other('metadata', { currentDetails: text }),
  'a pending activity’s last failure': (text) =>
    other('description', { pendingActivities: [{ lastFailure: { message: text } }] }),
  'a heartbeat': (text) =>
    other('description', { pendingActivities: [{ heartbeatDetails: payloads(text) }] }),
  'a visibility row': (text) =>
    other('visibility', [{ searchAttributes: { indexedFields: fields(text) } }]),
  'a metric’s label': (text) =>
    other('metrics', `# TYPE temporal_requests counter\ntemporal_requests{call="${text}"} 1\n`),
  'a caught error’s message': (text) => thrown(new Error(text)),
  'the cause of a caught error': (text) => thrown(new Error('x', { cause: new Error(text) })),
  'a property of a caught error': (text) => thrown(Object.assign(new Error('x'), { sent: [text] })),
  'bytes in a caught error': (text) =>
    thrown(new Error('x', { cause: Object.assign(new Error('y'), { body: bytes(text) }) })),
};

const CELLS = [
  ...Object.entries({ ...FORMS, ...DIGIT_FORMS }).map((form) => ({ canary: PIN, form })),
  ...Object.entries(FORMS).map((form) => ({ canary: CODE, form })),
  ...Object.entries(FORMS).map((form) => ({ canary: TOKEN, form })),
];

describe('a PIN, a code and the token, each in every form, are found', () => {
  test.each(Object.entries(PLACES))('in %s, and nothing where there is nothing', (_, plant) => {
    const missed = CELLS.filter(({ canary, form: [, write] }) => {
      const { leaks, allowed } = scan([plant(write(canary.value))], CANARIES);
      const isFound = leaks.length > 0 && leaks.every((leak) => leak.canary === canary.name);
      return !isFound || allowed.length > 0;
    });
    expect(missed.map(({ canary, form: [name] }) => `${canary.name} ${name}`)).toEqual([]);
    expect(scan([plant('nothing')], CANARIES)).toEqual({ leaks: [], allowed: [] });
  });

  test('in a payload that is nothing but a number', () => {
    const { leaks } = scan([failed({ encodedAttributes: { data: bytes('48213') } })], CANARIES);
    expect(leaks).toMatchObject([{ canary: PIN.name, form: 'number' }]);
  });
});

describe('a code in a history', () => {
  const handedIn: Record<string, HistoryEvent> = {
    'the signal that hands it in': {
      workflowExecutionSignaledEventAttributes: { input: payloads(`"${CODE.value}"`) },
    },
    'the update that hands it in': {
      workflowExecutionUpdateAcceptedEventAttributes: {
        acceptedRequest: { input: { name: 'tryCode', args: payloads(`"907-142"`) } },
      },
    },
    'the activity that verifies it': {
      activityTaskScheduledEventAttributes: {
        activityType: { name: 'verifyCode' },
        input: payloads(JSON.stringify({ code: CODE.value })),
      },
    },
  };
  test.each(Object.entries(handedIn))('may stand in the input of %s', (_, event) => {
    const { leaks, allowed } = scan([history(event)], CANARIES);
    expect(leaks).toEqual([]);
    expect(allowed.map(({ canary }) => canary)).toEqual([CODE.name]);
  });

  test.each(Object.entries(handedIn))(
    'may stand in the input of %s, which a PIN of the same digits and the token may not',
    (_, event) => {
      const others = [PIN, TOKEN].map((each) => ({ ...each, value: CODE.value }));
      const { leaks } = scan([history(event)], [...others, CODE]);
      expect(leaks.map(({ canary }) => canary)).toEqual([PIN.name, TOKEN.name]);
    },
  );
});

describe('on the disk', () => {
  async function folderWith(files: Record<string, string>): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'leak-scan-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    for (const [name, text] of Object.entries(files)) {
      await mkdir(join(folder, name, '..'), { recursive: true });
      await writeFile(join(folder, name), text);
    }
    return folder;
  }
  const junk = (text: string) => `\0\x01SQLite\xff${text}\0\xfe`;

  test.each(['temporal.log', 'stack.json', '.onboarding/pins/1065/1.age', 'temporal.db'])(
    'a PIN or the token in %s is found, in every form',
    async (name) => {
      for (const [form, write] of Object.entries(FORMS)) {
        const folder = await folderWith({
          [name]: junk(write(PIN.value) + junk(write(TOKEN.value))),
        });
        const { leaks } = scan(await filesIn(folder), CANARIES);
        expect([...new Set(leaks.map(({ canary }) => canary))].sort(), form).toEqual([
          PIN.name,
          TOKEN.name,
        ]);
        expect(leaks.every(({ where }) => where.startsWith(`file ${name}`))).toBe(true);
      }
    },
  );

  test('a PIN in the name of a file is found', async () => {
    const { leaks } = scan(await filesIn(await folderWith({ '1065/048213.age': '' })), CANARIES);
    expect(leaks.map(({ canary }) => canary)).toEqual([PIN.name]);
  });

  test('a code may stand in the database of the server, and in no other file', async () => {
    const folder = await folderWith({
      'temporal.db': junk(CODE.value),
      'temporal.db-wal': junk(CODE.value),
      'temporal.log': junk(CODE.value),
    });
    const { leaks, allowed } = scan(await filesIn(folder), CANARIES);
    expect(leaks.map(({ where }) => where)).toEqual(['file temporal.log: bytes']);
    expect(allowed.map(({ where }) => where).sort()).toEqual([
      'file temporal.db',
      'file temporal.db-wal',
    ]);
  });
});

test.each([
  ['a longer number', '1048213 0482137 nanos=048213000'],
  ['a UUID', '6a048213-048f-4821-8048-a0482134048213b7'.slice(0, 36)],
  ['a hash', `build 9f${'a'.repeat(20)}b048213c${'d'.repeat(20)}`],
  ['half of the digits', '048 2130 04-8213'],
])('the digits of a PIN within %s are not the PIN', (_, text) => {
  expect(scan([other('log', text)], CANARIES).leaks).toEqual([]);
});
