/** `pin remove`, with stand-ins for Meta and Temporal: what is refused, what is written down, and what is gone. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { openPinStore } from '../../activities/pin-store/open-pin-store.js';
import { type PinStore, PinStoreRefusedError } from '../../activities/pin-store/pin-store.js';
import { Secret } from '../../activities/secret.js';
import { EXIT } from '../../client/cli/exit-codes.js';
import type * as storeInUse from '../../client/cli/pin-store-in-use.js';
import { runCommandLine } from '../../client/cli/program.js';
import { OnboardingNotFoundError, TemporalUnreachableError } from '../../client/errors.js';
import type { OnboardingStatus } from '../../client/index.js';
import { loadConfiguration } from '../../configuration/configuration.js';
import { awaitingCode, live } from './statuses.js';
import { run } from './terminal.js';

const ID = '106540352242922';
const PIN = '004217';
const FORMER = '739158';

/** What the stand-ins are, and what they answer. */
const world = vi.hoisted(() => ({
  temporal: { answers: true, status: undefined as object | undefined },
  meta: { status: 200, body: {} as object, asked: 0 },
  storeAs: (store: PinStore): PinStore => store,
}));

vi.mock('../../client/cli/connect-client.js', async (original) => ({
  ...(await original<object>()),
  connectClient: async () => {
    if (!world.temporal.answers) throw new TemporalUnreachableError('temporal.test:7233');
    return {
      place: { address: 'temporal.test:7233', namespace: 'default' },
      client: {
        status: async (id: string) => {
          if (world.temporal.status !== undefined) return world.temporal.status;
          throw new OnboardingNotFoundError(id);
        },
        runsOf: async () => [],
        close: async () => {},
      },
    };
  },
}));

vi.mock('../../client/cli/pin-store-in-use.js', async (original) => {
  const actual = await original<typeof storeInUse>();
  return {
    ...actual,
    openPinStoreInUse: async (
      configuration: Parameters<typeof storeInUse.openPinStoreInUse>[0],
    ) => {
      const { store, ...rest } = await actual.openPinStoreInUse(configuration);
      return { store: world.storeAs(store), ...rest };
    },
  };
});

const meta = createServer((_request, response) => {
  world.meta.asked += 1;
  response.writeHead(world.meta.status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(world.meta.body));
});
let metaUrl: string;
beforeAll(async () => {
  await new Promise<void>((done) => meta.listen(0, '127.0.0.1', done));
  metaUrl = `http://127.0.0.1:${(meta.address() as AddressInfo).port}`;
});
afterAll(() => meta.close());

const refusal = (code: number, subcode?: number) => ({
  status: 400,
  body: {
    error: {
      message: 'Unsupported get request.',
      type: 'GraphMethodException',
      code,
      ...(subcode === undefined ? {} : { error_subcode: subcode }),
      fbtrace_id: 'A1b2',
    },
  },
});
const number = (fields: object) => ({ status: 200, body: { id: ID, ...fields } });
const GONE = refusal(100, 33);
const FREE = { status: 'DISCONNECTED', platform_type: 'NOT_APPLICABLE', is_pin_enabled: false };

let cwd: string;
let store: PinStore;
beforeEach(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'wa-onboard-remove-'));
  store = await openPinStore({ kind: 'local', dir: join(cwd, '.onboarding-pins') });
  for (const pin of [FORMER, PIN]) {
    const { version } = await store.stage(ID, { label: 'Zoo' }, () => new Secret(pin));
    await store.promote(ID, version);
  }
  world.temporal = { answers: true, status: undefined };
  world.meta = { ...GONE, asked: 0 };
  world.storeAs = (actual) => actual;
});

const environment = () => ({
  CLOUD_API_ACCESS_TOKEN: 'stand-in-token',
  GRAPH_API_BASE_URL: metaUrl,
});
const remove = (flags: string[] = ['--confirm', ID], env: Record<string, string> = {}) =>
  run(['pin', 'remove', ID, ...flags], { cwd, env: { ...environment(), ...env } });
const kept = async () => (await store.describe(ID)) !== undefined;

const unwrapped = (text: string) => text.replaceAll(/\s+/g, ' ');
const auditFile = () => join(cwd, '.onboarding', 'audit.jsonl');
const audited = () =>
  existsSync(auditFile())
    ? readFileSync(auditFile(), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
    : [];

test('the record of a number that Meta does not know is removed, between two lines of the audit trail', async () => {
  const { exitCode, stdout, stderr } = await remove();
  expect(unwrapped(stderr)).toMatch(
    /^The PIN record of 106540352242922 \(Zoo\) in local, .+: current since .+ ago previous, set at .+ ago Meta has no such number for this access token\. This store cannot bring it back: .+ is the only way back\. $/,
  );
  expect(unwrapped(stdout)).toMatch(
    /^Removed the PIN record of 106540352242922 from the PIN store \(local, .+\)\. Audited in .+\. $/,
  );
  expect(`${stdout}${stderr}`).not.toMatch(new RegExp(`${PIN}|${FORMER}`));
  expect({ exitCode, kept: await kept() }).toEqual({ exitCode: EXIT.done, kept: false });
  const line = {
    log: 'audit',
    time: expect.stringMatching(/Z$/),
    who: expect.any(String),
    action: 'removePin',
    phoneNumberId: ID,
    label: 'Zoo',
    from: expect.stringMatching(/^command line on /),
    requestId: expect.any(String),
  };
  expect(audited()).toEqual([
    { ...line, outcome: 'removing' },
    { ...line, outcome: 'removed', status: 200 },
  ]);
});

test('with --json the document says what was removed, and holds no PIN', async () => {
  const { exitCode, stdout, stderr } = await remove(['--confirm', ID, '--json']);
  const version = {
    version: expect.any(String),
    createdAt: expect.any(String),
    lastRotated: expect.any(String),
  };
  expect(JSON.parse(stdout)).toEqual({
    ...{ phoneNumberId: ID, store: 'local', record: ID },
    removed: { current: version, previous: version },
    ...{ meta: 'noSuchNumber', forced: [], auditFile: auditFile() },
  });
  expect({ exitCode, stderr }).toEqual({ exitCode: EXIT.done, stderr: '' });
});

interface Case {
  meta?: { status: number; body: object };
  status?: OnboardingStatus;
  temporalSilent?: true;
}

const REFUSED: [what: string, given: Case, says: string][] = [
  [
    'an open run works on the number',
    { status: awaitingCode() },
    `An open run (onboarding) works on number ${ID} and may need its PIN record: wait until it has ended, or end it with "npx wa-onboard cancel ${ID}", or give --force.`,
  ],
  [
    'Temporal does not answer',
    { temporalSilent: true },
    `It is not known whether a run works on number ${ID} (Temporal at temporal.test:7233 does not answer`,
  ],
  [
    'Meta says that the number is registered',
    { meta: number({ status: 'CONNECTED', platform_type: 'CLOUD_API', is_pin_enabled: true }) },
    `Meta says that number ${ID} is registered, so its PIN is in use: take it out of use first with "npx wa-onboard offboard ${ID}", or give --force.`,
  ],
  [
    'Meta says that two-step verification is on',
    { meta: number({ ...FREE, is_pin_enabled: true }) },
    `Meta says that two-step verification of number ${ID} is on, so whoever registers it next needs its PIN: turn it off, or delete the number, in WhatsApp Manager first, or give --force.`,
  ],
  [
    'Meta is asked and does not tell',
    { meta: refusal(190) },
    `It is not known whether number ${ID} needs its PIN, since Meta does not tell (`,
  ],
];

function given({ meta: answer, status, temporalSilent }: Case): void {
  world.meta = { ...(answer ?? GONE), asked: 0 };
  world.temporal = { answers: temporalSilent !== true, status };
}

describe.each(REFUSED)('where %s', (_what, situation, says) => {
  test('it is refused in one sentence, with exit code 4, and the record stays', async () => {
    given(situation);
    const { exitCode, stdout, stderr } = await remove();
    const sentence = unwrapped(stderr.slice(stderr.indexOf('✖')));
    expect(sentence).toContain(`✖ ${says}`);
    expect(sentence).toContain('or give --force.');
    expect({ exitCode, stdout, kept: await kept() }).toEqual({
      ...{ exitCode: EXIT.refused, stdout: '', kept: true },
    });
    expect(audited()).toEqual([]);
  });

  test('--force removes it, says what it passes over, and is audited as such', async () => {
    given(situation);
    const { exitCode, stdout, stderr } = await remove(['--confirm', ID, '--force']);
    const [why = ''] = says.split(': ');
    expect(unwrapped(stderr)).toContain(`Passed over, by --force: ${why}`);
    expect(stdout).toContain('Removed the PIN record');
    expect({ exitCode, kept: await kept() }).toEqual({ exitCode: EXIT.done, kept: false });
    expect(audited()).toMatchObject([{ outcome: 'removing' }, { outcome: 'removedByForce' }]);
  });
});

test('a refusal is a document with --json', async () => {
  given({ status: awaitingCode() });
  const { exitCode, stdout, stderr } = await remove(['--confirm', ID, '--json']);
  expect(JSON.parse(stdout)).toEqual({
    error: {
      type: 'PinStillNeededError',
      phoneNumberId: ID,
      message: expect.stringContaining('An open run (onboarding)'),
    },
  });
  expect({ exitCode, stderr }).toEqual({ exitCode: EXIT.refused, stderr: '' });
});

test.each<[string, Case]>([
  ['Meta says that it is free and two-step verification off', { meta: number(FREE) }],
  ['its newest run has ended', { status: live() }],
])('nothing has to be forced where %s', async (_what, situation) => {
  given(situation);
  const { exitCode } = await remove();
  expect({ exitCode, kept: await kept() }).toEqual({ exitCode: EXIT.done, kept: false });
  expect(audited().at(-1)).toMatchObject({ outcome: 'removed' });
});

test('without an access token Meta is not asked, which is said', async () => {
  const { exitCode, stderr } = await run(['pin', 'remove', ID, '--confirm', ID], { cwd });
  expect(unwrapped(stderr)).toContain(
    'Meta was not asked whether the number still needs its PIN. No access token is set',
  );
  expect({ exitCode, asked: world.meta.asked }).toEqual({ exitCode: EXIT.done, asked: 0 });
});

test('what the store does not have ends with exit code 3, and asks nobody', async () => {
  await store.remove(ID);
  const { exitCode, stderr } = await remove();
  expect(unwrapped(stderr)).toContain(
    `The PIN store has no PIN record of number ${ID}, so nothing was removed`,
  );
  expect(exitCode).toBe(EXIT.notFound);
  expect({ asked: world.meta.asked, lines: audited() }).toEqual({ asked: 0, lines: [] });
});

test.each([
  [[], `confirm it with --confirm ${ID}`],
  [['--confirm', '106540352242999'], `--confirm must repeat the phone number id ${ID}`],
  [['--force'], `confirm it with --confirm ${ID}`],
])('%j is not confirmed: exit code 2, and the record stays', async (flags, says) => {
  const { exitCode, stderr } = await remove(flags);
  expect(unwrapped(stderr)).toContain(says);
  expect({ exitCode, kept: await kept() }).toEqual({ exitCode: EXIT.usage, kept: true });
  expect({ asked: world.meta.asked, lines: audited() }).toEqual({ asked: 0, lines: [] });
});

test.each(['folder', '/dev/full'])(
  'where the audit trail cannot be written (%s) nothing is removed',
  async (place) => {
    mkdirSync(join(cwd, 'folder'));
    const { exitCode, stdout, stderr } = await remove(undefined, { AUDIT_LOG: place });
    expect(unwrapped(stderr)).toMatch(
      /✖ The audit trail \S+ cannot be written \((EISDIR|ENOSPC)\), so no PIN record is removed:/,
    );
    expect({ exitCode, stdout, kept: await kept() }).toEqual({
      ...{ exitCode: EXIT.failed, stdout: '', kept: true },
    });
  },
);

test('a store that refuses is told, and the audit trail says that it was not removed', async () => {
  world.storeAs = (actual) => ({
    ...actual,
    remove: async () => {
      throw new PinStoreRefusedError('The PIN store may not delete: give it the permission.');
    },
  });
  const { exitCode, stdout, stderr } = await remove();
  expect(unwrapped(stderr)).toContain('✖ The PIN store may not delete: give it the permission.');
  expect({ exitCode, stdout }).toEqual({ exitCode: EXIT.failed, stdout: '' });
  expect(audited()).toMatchObject([
    { outcome: 'removing' },
    { outcome: 'notRemoved', status: 503 },
  ]);
});

test('where the audit trail breaks after the removal, the removal is told, and so is that', async () => {
  world.storeAs = (actual) => ({
    ...actual,
    remove: async (id) => {
      await actual.remove(id);
      rmSync(auditFile());
      mkdirSync(auditFile());
    },
  });
  const { exitCode, stdout } = await remove();
  expect(unwrapped(stdout)).toMatch(
    /^Removed the PIN record .+ The audit trail \S+ tells that it was begun, and could not be written when it was done\. $/,
  );
  expect({ exitCode, kept: await kept() }).toEqual({ exitCode: EXIT.done, kept: false });
});

test('of AWS it is said that the record can be restored for 30 days, and how', async () => {
  const record = `whatsapp/2sv-pin/${ID}`;
  world.storeAs = (actual) => ({
    ...actual,
    describe: async (id) => {
      const found = await actual.describe(id);
      return found && { ...found, store: 'aws-secrets-manager', record };
    },
  });
  const { stderr } = await remove();
  expect(unwrapped(stderr)).toContain('AWS can restore it for 30 days');
  expect(stderr).toContain(`\n  aws secretsmanager restore-secret --secret-id ${record}\n`);
  expect(stderr).not.toContain('pin export');
});

describe('a terminal', () => {
  /** The command line at a terminal, once it asks, and all that it shows. */
  async function asked() {
    const stdin = Object.assign(new PassThrough(), { isTTY: true });
    const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
    let shown = '';
    for (const stream of Object.values(streams)) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        shown += text;
      });
    }
    // What a prompt is piped into ends with it, except for the standard streams of a process.
    streams.stderr.end = () => streams.stderr;
    const exitCode = runCommandLine(['pin', 'remove', ID], {
      ...{ stdin, ...streams, color: false },
      now: () => new Date(),
      loadConfiguration: () => loadConfiguration(environment(), cwd),
    });
    const shows = (text: string) =>
      vi.waitFor(() => expect(unwrapped(shown)).toContain(text), { timeout: 10_000 });
    await shows(`Delete the PIN record of ${ID}? Its last four characters:`);
    return { stdin, shows, shown: () => unwrapped(shown), exitCode };
  }

  test('says what the record holds, asks for the end of the id, and goes on only with that', async () => {
    const { stdin, shows, shown, exitCode } = await asked();
    expect(shown()).toContain('current since');
    stdin.write('yes\r');
    await shows('That is not how the id ends. Ctrl-C leaves the record as it is.');
    expect(await kept()).toBe(true);
    stdin.write('\u007f\u007f\u007f2922\r');
    expect(await exitCode).toBe(EXIT.done);
    expect({ kept: await kept(), lines: audited().length }).toEqual({ kept: false, lines: 2 });
  });

  test('takes Ctrl-C for no', async () => {
    const { stdin, exitCode } = await asked();
    stdin.write('\u0003');
    expect(await exitCode).toBe(EXIT.interrupted);
    expect({ kept: await kept(), lines: audited() }).toEqual({ kept: true, lines: [] });
  });

  test('refuses where a run began while somebody was thinking', async () => {
    const { stdin, shows, exitCode } = await asked();
    given({ status: awaitingCode() });
    stdin.write('2922\r');
    expect(await exitCode).toBe(EXIT.refused);
    await shows('✖ An open run (onboarding) works on number');
    expect({ kept: await kept(), lines: audited() }).toEqual({ kept: true, lines: [] });
  });

  test('refuses where the record was changed while somebody was thinking', async () => {
    const { stdin, shows, exitCode } = await asked();
    await store.provide(ID, new Secret('580361'));
    stdin.write('2922\r');
    expect(await exitCode).toBe(EXIT.refused);
    await shows(`✖ Somebody changed the PIN record of ${ID} meanwhile`);
    expect({ kept: await kept(), lines: audited() }).toEqual({ kept: true, lines: [] });
  });
});
