/** Somebody changes the PIN record in AWS or Vault by hand while the number's PIN is rotated: the real servers, the whole run. */
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectAwsPinStore } from '../../activities/pin-store/aws-pin-store.js';
import type { PinStore } from '../../activities/pin-store/pin-store.js';
import { connectVaultPinStore } from '../../activities/pin-store/vault-pin-store.js';
import { Secret } from '../../activities/secret.js';
import { programPlaces } from '../../configuration/program-places.js';
import { type MotoServer, startMotoServer } from '../pin-store/moto-server.js';
import { type OpenBaoServer, ROOT_TOKEN, startOpenBao } from '../pin-store/openbao-server.js';
import { parked } from '../workflow/end-state.js';
import { type Stack, startStack, until } from '../workflow/stack.js';

const REGION = 'eu-west-1';
const FORMER = '048213';
const THEIRS = '660283';
const RECORD = 'whatsapp/2sv-pin/';

process.env['AWS_ACCESS_KEY_ID'] = 'testing';
process.env['AWS_SECRET_ACCESS_KEY'] = 'testing';

interface Place {
  store: PinStore;
  /** What a person reads there. */
  read(id: string): Promise<string>;
  /** Puts a PIN of one's own there. */
  write(id: string): Promise<void>;
  stop(): Promise<void>;
}

async function aws(): Promise<Place> {
  const moto: MotoServer = await startMotoServer(programPlaces().cacheDir);
  const client = new SecretsManagerClient({ region: REGION, endpoint: moto.endpoint });
  return {
    store: connectAwsPinStore({ region: REGION, endpoint: moto.endpoint }),
    async read(id) {
      const value = await client.send(new GetSecretValueCommand({ SecretId: RECORD + id }));
      return value.SecretString ?? '';
    },
    async write(id) {
      const SecretString = JSON.stringify({ pin: THEIRS, createdAt: '2026-11-23T09:00:00.000Z' });
      const VersionStages = ['AWSCURRENT'];
      await client.send(
        new PutSecretValueCommand({ SecretId: RECORD + id, SecretString, VersionStages }),
      );
    },
    stop: () => moto.stop(),
  };
}

async function vault(): Promise<Place> {
  const bao: OpenBaoServer = await startOpenBao(programPlaces().cacheDir);
  const at = (id: string) => `secret/data/${RECORD}${id}`;
  return {
    store: connectVaultPinStore({ address: bao.address, auth: { token: new Secret(ROOT_TOKEN) } }),
    read: async (id) => JSON.stringify(await bao.read(at(id))),
    async write(id) {
      await bao.admin('POST', at(id), { body: { data: { pin: THEIRS } } });
    },
    stop: async () => bao.stop(),
  };
}

describe.each([
  ['AWS Secrets Manager', aws],
  ['Vault', vault],
])('a record in %s', (_, open) => {
  let place: Place;
  let stack: Stack;
  beforeAll(async () => {
    place = await open();
    stack = await startStack({ wrapStore: () => place.store });
  }, 300_000);
  afterAll(async () => {
    await stack.close();
    await place.stop();
  });

  test('that somebody changes during a rotation is not overwritten, and the finding names it', async () => {
    const id = stack.number({ preset: 'live', pin: FORMER });
    const { version } = await place.store.stage(id, {}, () => new Secret(FORMER));
    await place.store.promote(id, version);
    let release = (): void => undefined;
    const changed = new Promise<void>((resolve) => {
      release = resolve;
    });
    stack.simulator.faults.add({
      kind: 'hold',
      until: changed,
      endpoint: 'setPin',
      phoneNumberId: id,
      times: 1,
    });
    await stack.client.rotatePin(id);
    await until('the PIN to be on its way', () =>
      stack.simulator.requests.some(
        ({ endpoint, phoneNumberId }) => endpoint === 'setPin' && phoneNumberId === id,
      ),
    );
    await place.write(id);
    release();
    const { problem } = await parked(stack, id);
    expect(problem?.text).toContain(`${RECORD}${id}`);
    expect(problem?.advice).not.toBe('');
    expect(JSON.stringify(problem)).not.toMatch(new RegExp(`${THEIRS}|${FORMER}`));
    expect(await place.read(id)).toContain(THEIRS);
    expect(stack.simulator.number(id).pin).not.toBe(FORMER);
    await stack.temporal.workflow
      .getHandle(`whatsapp-number-${id}`)
      .terminate('what somebody has to do next is tested with the store');
  }, 120_000);
});
