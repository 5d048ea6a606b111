import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { inspect } from 'node:util';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  type PutSecretValueRequest,
  ResourceExistsException,
  ResourceNotFoundException,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generatePin } from '../../activities/pin.js';
import { connectAwsPinStore, createAwsPinStore } from '../../activities/pin-store/aws-pin-store.js';
import {
  PinRecordChangedError,
  PinStoreRefusedError,
} from '../../activities/pin-store/pin-store.js';
import { Secret } from '../../activities/secret.js';
import { programPlaces } from '../../configuration/program-places.js';
import { pinStoreConformance } from './conformance.js';
import { freePort, type MotoServer, startMotoServer } from './moto-server.js';

const REGION = 'eu-west-1';
const WRITES = /^(Create|Put|Update|Delete)/;

// The SDK's own chain finds these, here and in the racing processes.
process.env['AWS_ACCESS_KEY_ID'] = 'testing';
process.env['AWS_SECRET_ACCESS_KEY'] = 'testing';

/** How many other places of stores there have been. */
let places = 0;

let moto: MotoServer;
beforeAll(async () => {
  moto = await startMotoServer(programPlaces().cacheDir);
}, 300_000);
afterAll(() => moto.stop());

pinStoreConformance({
  name: 'aws-secrets-manager',
  stagesAfterRemoval: false,
  keepsFormer: false,
  rounds: 8,
  async start() {
    const { endpoint } = moto;
    const stub = await startRefusingServer();
    const clientOf = () => new SecretsManagerClient({ region: REGION, endpoint, maxAttempts: 1 });
    return {
      config: { kind: 'aws-secrets-manager', region: REGION, endpoint },
      open: (clock) => createAwsPinStore({ client: clientOf(), ...(clock && { clock }) }),
      elsewhere() {
        places += 1;
        return createAwsPinStore({ client: clientOf(), prefix: `elsewhere/${places}/` });
      },
      async tamper(phoneNumberId) {
        const name = `whatsapp/2sv-pin/${phoneNumberId}`;
        const note = 'The PIN is in the safe.';
        await makeCurrent(clientOf(), name, note);
        return async () => {
          const current = await clientOf().send(
            new GetSecretValueCommand({ SecretId: name, VersionStage: 'AWSCURRENT' }),
          );
          return current.SecretString === note;
        };
      },
      async dyingAfter(writes, operation) {
        const client = clientOf();
        let left = writes;
        let died = false;
        client.middlewareStack.add(
          (next, { commandName = '' }) =>
            async (args) => {
              if (died || (left === 0 && WRITES.test(commandName))) {
                died = true;
                throw new Error('The process died.');
              }
              if (WRITES.test(commandName)) left -= 1;
              return next(args);
            },
          { step: 'initialize', name: 'dying' },
        );
        await operation(createAwsPinStore({ client })).catch((error: unknown) => {
          if (!died) throw error;
        });
        return !died;
      },
      unreachable: async () =>
        connectAwsPinStore({ region: REGION, endpoint: `http://127.0.0.1:${await freePort()}` }),
      refusing: () => connectAwsPinStore({ region: REGION, endpoint: stub.endpoint }),
      async stop() {
        stub.server.close();
      },
    };
  },
});

describe('where AWS refuses a version id that holds another value', () => {
  // AWS does so for every version; moto not for one that is pending, which it overwrites.
  const strictClient = (beforePut: () => Promise<void>) => {
    const client = new SecretsManagerClient({
      region: REGION,
      endpoint: moto.endpoint,
      maxAttempts: 1,
    });
    const plain = new SecretsManagerClient({
      region: REGION,
      endpoint: moto.endpoint,
      maxAttempts: 1,
    });
    client.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          if (commandName === 'PutSecretValueCommand') {
            await beforePut();
            const { SecretId, ClientRequestToken, SecretString } =
              args.input as PutSecretValueRequest;
            const held = await plain
              .send(new GetSecretValueCommand({ SecretId, VersionId: ClientRequestToken }))
              .catch((error: unknown) => {
                if (error instanceof ResourceNotFoundException) return undefined;
                throw error;
              });
            if (held && held.SecretString !== SecretString) {
              throw new ResourceExistsException({ message: 'in use', $metadata: {} });
            }
          }
          return next(args);
        },
      { step: 'initialize', name: 'strict' },
    );
    return client;
  };

  test('the process that comes second adopts the PIN of the first, which stays as it is', async () => {
    const number = '9001';
    const first = createAwsPinStore({ client: strictClient(async () => undefined) });
    let asleep = true;
    const second = createAwsPinStore({
      client: strictClient(async () => {
        if (!asleep) return;
        asleep = false;
        await first.stage(number, {}, () => new Secret('830174'));
      }),
    });
    const { version } = await second.stage(number, {}, () => new Secret('047382'));
    expect(asleep).toBe(false);
    const pending = await first.read(number, 'pending');
    expect([pending.version, pending.pin.reveal()]).toEqual([version, '830174']);
  });

  test('a promoted PIN survives a process that slept since before it was staged', async () => {
    const number = '9002';
    const first = createAwsPinStore({ client: strictClient(async () => undefined) });
    let asleep = true;
    const second = createAwsPinStore({
      client: strictClient(async () => {
        if (!asleep) return;
        asleep = false;
        const { version } = await first.stage(number, {}, () => new Secret('830174'));
        await first.promote(number, version);
      }),
    });
    await second.stage(number, {}, () => new Secret('047382'));
    expect((await first.read(number, 'current')).pin.reveal()).toBe('830174');
    expect((await first.read(number, 'pending')).pin.reveal()).toBe('047382');
  });
});

test('a secret that is not a PIN record is refused by name, and its value not shown', async () => {
  const client = new SecretsManagerClient({ region: REGION, endpoint: moto.endpoint });
  await client.send(
    new CreateSecretCommand({ Name: 'whatsapp/2sv-pin/9003', SecretString: '{"pin": 958374}' }),
  );
  const store = createAwsPinStore({ client });
  const failure = await store.stage('9003', {}, generatePin).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(PinStoreRefusedError);
  expect(String(failure)).toContain('whatsapp/2sv-pin/9003');
  expect(inspect(failure)).not.toContain('958374');
});

test('a list longer than a page is complete, and other secrets are not in it', async () => {
  const client = new SecretsManagerClient({ region: REGION, endpoint: moto.endpoint });
  const prefix = 'other-team/pins/';
  const store = createAwsPinStore({ client, prefix });
  await client.send(new CreateSecretCommand({ Name: `${prefix}readme`, SecretString: 'text' }));
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        if (commandName === 'ListSecretsCommand') Object.assign(args.input, { MaxResults: 2 });
        return next(args);
      },
    { step: 'initialize', name: 'small pages' },
  );
  const numbers = ['7001', '7002', '7003', '7004', '7005', '7006'];
  for (const number of numbers) await store.stage(number, {}, generatePin);
  const found: string[] = [];
  for await (const { phoneNumberId, record } of store.list()) {
    expect(record).toBe(prefix + phoneNumberId);
    found.push(phoneNumberId);
  }
  expect(found.sort()).toEqual(numbers);
});

/**
 * Makes a value current as a person does with `aws secretsmanager put-secret-value`. It takes two requests here, as moto
 * leaves AWSCURRENT where it was too when one puts it elsewhere; AWS moves it.
 */
async function makeCurrent(
  client: SecretsManagerClient,
  name: string,
  value: string,
): Promise<string> {
  const { VersionIdsToStages = {} } = await client.send(
    new DescribeSecretCommand({ SecretId: name }),
  );
  const current = Object.entries(VersionIdsToStages).find(([, labels]) =>
    labels.includes('AWSCURRENT'),
  );
  const { VersionId } = await client.send(
    new PutSecretValueCommand({ SecretId: name, SecretString: value, VersionStages: ['BY_HAND'] }),
  );
  await client.send(
    new UpdateSecretVersionStageCommand({
      SecretId: name,
      VersionStage: 'AWSCURRENT',
      MoveToVersionId: VersionId,
      RemoveFromVersionId: current?.[0],
    }),
  );
  if (VersionId === undefined) throw new Error('AWS gives every version an id.');
  return VersionId;
}

describe('a person who makes a value of their own current while a PIN is promoted', () => {
  /** A store that waits for the person after it has read the record and before it moves a label. */
  const storeThatWaitsFor = (person: () => Promise<unknown>) => {
    const client = new SecretsManagerClient({ region: REGION, endpoint: moto.endpoint });
    let waits = true;
    client.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          if (waits && commandName === 'UpdateSecretVersionStageCommand') {
            waits = false;
            await person();
          }
          return next(args);
        },
      { step: 'initialize', name: 'person' },
    );
    return createAwsPinStore({ client });
  };
  const staged = async (number: string) => {
    const store = storeThatWaitsFor(async () => undefined);
    const { version: current } = await store.stage(number, {}, () => new Secret('830174'));
    await store.promote(number, current);
    const { version: pending } = await store.stage(number, {}, () => new Secret('047382'));
    return { current, pending, name: `whatsapp/2sv-pin/${number}` };
  };
  const clientOf = () => new SecretsManagerClient({ region: REGION, endpoint: moto.endpoint });

  test.each([
    ['a PIN in the form of this store', true, PinRecordChangedError],
    ['anything else', false, PinStoreRefusedError],
  ])('%s stays current, and the record is named', async (_, asRecord, error) => {
    const number = asRecord ? '9101' : '9102';
    const { current, pending, name } = await staged(number);
    const value = asRecord
      ? JSON.stringify({ pin: '660283', createdAt: '2026-11-23T09:00:00.000Z' })
      : '660283';
    let theirs = '';
    const store = storeThatWaitsFor(async () => {
      theirs = await makeCurrent(clientOf(), name, value);
    });
    const failure = await store
      .promote(number, pending, { current })
      .catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(error);
    expect(String(failure)).toContain(name);
    expect(String(failure)).toContain(theirs);
    expect(inspect(failure)).not.toMatch(/660283|830174|047382/);
    const { SecretString, VersionId } = await clientOf().send(
      new GetSecretValueCommand({ SecretId: name, VersionStage: 'AWSCURRENT' }),
    );
    expect([SecretString, VersionId]).toEqual([value, theirs]);

    // As the message says to do.
    await clientOf().send(
      new UpdateSecretVersionStageCommand({
        SecretId: name,
        VersionStage: 'AWSCURRENT',
        MoveToVersionId: current,
        RemoveFromVersionId: theirs,
      }),
    );
    await store.promote(number, pending, { current });
    expect((await store.read(number, 'current')).pin.reveal()).toBe('047382');
    expect((await store.read(number, 'previous')).pin.reveal()).toBe('830174');
  });
});

test('a secret written before there were notes is read, and can be noted on', async () => {
  const client = new SecretsManagerClient({ region: REGION, endpoint: moto.endpoint });
  const name = 'whatsapp/2sv-pin/9201';
  const about = { about: { label: 'Lima' }, lastRotated: {} };
  await client.send(new CreateSecretCommand({ Name: name, SecretString: JSON.stringify(about) }));
  await client.send(
    new PutSecretValueCommand({
      SecretId: name,
      SecretString: JSON.stringify(about),
      VersionStages: ['ABOUT'],
    }),
  );
  await makeCurrent(client, name, '{"pin":"830174","createdAt":"2026-11-23T09:00:00.000Z"}');
  const store = createAwsPinStore({ client });
  expect(await store.annotate('9201', { renamedAt: '2026-11-24T09:00:00.000Z' })).toMatchObject({
    label: 'Lima',
    renamedAt: '2026-11-24T09:00:00.000Z',
    versions: { current: { createdAt: '2026-11-23T09:00:00.000Z' } },
  });
});

test('a value of other use that has no label any more is not in a backup', async () => {
  const client = new SecretsManagerClient({ region: REGION, endpoint: moto.endpoint });
  const store = createAwsPinStore({ client });
  const name = 'whatsapp/2sv-pin/9202';
  await store.stage('9202', {}, () => new Secret('830174'));
  for (const value of ['The PIN is in the safe.', 'It is not.']) {
    await client.send(
      new PutSecretValueCommand({ SecretId: name, SecretString: value, VersionStages: ['NOTE'] }),
    );
  }
  const backup = await store.backUp('9202');
  expect(backup?.versions.map(({ pin }) => pin.reveal())).toEqual(['830174']);
});

async function startRefusingServer(): Promise<{ server: Server; endpoint: string }> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' }).end(
      JSON.stringify({
        __type: 'AccessDeniedException',
        Message: 'User: arn:aws:iam::123456789012:user/ana is not authorized to perform this',
      }),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port was given.');
  return { server, endpoint: `http://127.0.0.1:${address.port}` };
}
