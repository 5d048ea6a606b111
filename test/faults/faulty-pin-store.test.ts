import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openPinStore } from '../../activities/pin-store/open-pin-store.js';
import {
  type PinStore,
  type PinStoreError,
  PinStoreRefusedError,
  PinStoreUnreachableError,
} from '../../activities/pin-store/pin-store.js';
import { Secret } from '../../activities/secret.js';
import { faultyPinStore, type StoreFault } from './faulty-pin-store.js';

const ID = '106540352242922';
const NOBODYS_PIN = () => new Secret('048213');

async function localStore(): Promise<PinStore> {
  const dir = await mkdtemp(join(tmpdir(), 'faulty-store-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return openPinStore({ kind: 'local', dir });
}

/** What a call throws; undefined where it works. */
const thrownBy = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

const stagedIn = async (store: PinStore) =>
  (await store.describe(ID))?.versions.pending !== undefined;

const KINDS: [StoreFault, done: boolean, abstract new (message: string) => PinStoreError][] = [
  [{ kind: 'executedTimeout' }, true, PinStoreUnreachableError],
  [{ kind: 'executedReset' }, true, PinStoreUnreachableError],
  [{ kind: 'timeout' }, false, PinStoreUnreachableError],
  [{ kind: 'reset' }, false, PinStoreUnreachableError],
  [{ kind: 'brokenJson' }, true, PinStoreUnreachableError],
  [{ kind: 'brokenJson', executed: false }, false, PinStoreUnreachableError],
  [{ kind: 'html502' }, false, PinStoreUnreachableError],
  [{ kind: 'html502', executed: true }, true, PinStoreUnreachableError],
  [{ kind: 'successFalse' }, false, PinStoreRefusedError],
];

test.each(KINDS)('%o strikes as often as it is told; done: %s', async (fault, done, kind) => {
  const store = await localStore();
  const waits: number[] = [];
  const wait = async (ms: number) => void waits.push(ms);
  const faulty = faultyPinStore(store, { patienceMs: 1_500, wait });
  faulty.faults.add({ ...fault, method: 'stage', phoneNumberId: ID, times: 1 });
  const error = await thrownBy(faulty.store.stage(ID, {}, NOBODYS_PIN));
  expect(error).toBeInstanceOf(kind);
  expect(String(error)).not.toContain('048213');
  expect(await stagedIn(store)).toBe(done);
  expect(waits).toEqual(/timeout/i.test(fault.kind) ? [1_500] : []);
  expect(faulty.struck).toMatchObject([{ method: 'stage', phoneNumberId: ID }]);
  expect(faulty.faults.hits[fault.kind]).toBe(1);
  const { version } = await faulty.store.stage(ID, {}, NOBODYS_PIN);
  expect((await store.read(ID, version)).pin.reveal()).toBe('048213');
});

test('a slow store takes its time before or after it does what it was asked, and then answers', async () => {
  const store = await localStore();
  const staged: boolean[] = [];
  const { store: slow, faults } = faultyPinStore(store, {
    wait: async () => void staged.push(await stagedIn(store)),
  });
  faults.add({ kind: 'slow', ms: 20, times: 1 });
  faults.add({ kind: 'slow', ms: 20, times: 1, when: 'after' });
  await slow.stage(ID, {}, NOBODYS_PIN);
  expect(staged).toEqual([false, true]);
});

test('a fault strikes no other method and no other number, and none once it is mended', async () => {
  const { store, faults } = faultyPinStore(await localStore());
  const mend = faults.add({ kind: 'reset', method: 'promote', phoneNumberId: ID });
  const { version } = await store.stage(ID, {}, NOBODYS_PIN);
  const other = await store.stage('2', {}, NOBODYS_PIN);
  await store.promote('2', other.version);
  await expect(store.promote(ID, version)).rejects.toThrow(PinStoreUnreachableError);
  mend();
  await store.promote(ID, version);
});

test('with a probability, the same calls are struck for the same seed', async () => {
  const inner = await localStore();
  await inner.stage(ID, {}, NOBODYS_PIN);
  async function pattern(seed: number) {
    const { store, faults } = faultyPinStore(inner);
    faults.add({ kind: 'reset', probability: 0.5, seed });
    const struck: boolean[] = [];
    for (let call = 0; call < 24; call += 1) {
      struck.push((await thrownBy(store.describe(ID))) !== undefined);
    }
    return struck;
  }
  const first = await pattern(7);
  expect(new Set(first)).toEqual(new Set([true, false]));
  expect(await pattern(7)).toEqual(first);
  expect(await pattern(8)).not.toEqual(first);
});

describe('a fault looks as the AWS store shows it', () => {
  process.env['AWS_ACCESS_KEY_ID'] = 'testing';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'testing';

  /** What the AWS store throws where a server, or what stands before it, answers so. */
  async function seenOfAws(answer: RequestListener): Promise<unknown> {
    const server = createServer((request, response) => {
      request.resume();
      answer(request, response);
    }).listen(0, '127.0.0.1');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('No port was given.');
    const endpoint = `http://127.0.0.1:${address.port}`;
    const store = await openPinStore({
      kind: 'aws-secrets-manager',
      region: 'eu-west-1',
      endpoint,
    });
    return thrownBy(store.describe(ID));
  }

  const ANSWERS: [StoreFault['kind'], RequestListener][] = [
    ['timeout', () => undefined],
    ['reset', (request) => void request.socket.resetAndDestroy()],
    ['brokenJson', (_, response) => void response.writeHead(200).end('{"ARN":"arn:aw')],
    ['html502', (_, response) => void response.writeHead(502).end('<html>Bad Gateway</html>')],
    [
      'successFalse',
      (_, response) => void response.writeHead(400).end('{"__type":"AccessDeniedException"}'),
    ],
  ];
  test.each(ANSWERS)('%s', async (kind, answer) => {
    const { store, faults } = faultyPinStore(await localStore(), { patienceMs: 1 });
    faults.add({ kind, ms: 0 });
    const [mine, aws] = await Promise.all([thrownBy(store.describe(ID)), seenOfAws(answer)]);
    expect(mine).toBeInstanceOf(Error);
    expect((mine as Error).constructor).toBe((aws as Error).constructor);
  });
});
