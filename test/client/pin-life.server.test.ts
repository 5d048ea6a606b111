/** What people do about PINs after the onboarding, through the command line and the real stack. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPinStore } from '../../activities/pin-store/open-pin-store.js';
import type { PinStore } from '../../activities/pin-store/pin-store.js';
import { EXIT } from '../../client/cli/exit-codes.js';
import { type ClientStack, startClientStack } from './stack.js';
import { run as runIn } from './terminal.js';

let stack: ClientStack;
let store: PinStore;

beforeAll(async () => {
  stack = await startClientStack();
  store = await openPinStore({ kind: 'local', dir: join(stack.folder, '.onboarding-pins') });
}, 120_000);

afterAll(() => stack.stop());

const run = (...args: string[]) => runIn(args, { cwd: stack.folder });
const unwrapped = (text: string) => text.replaceAll(/\s+/g, ' ');

/** With `--json`: the one document that is printed. */
async function runJson(...args: string[]) {
  const { stdout, stderr, exitCode } = await run(...args, '--json');
  expect(stderr).toBe('');
  expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  return { exitCode, document: JSON.parse(stdout) };
}

/** A number that is live, and its PIN in the PIN store. */
async function liveNumber(): Promise<{ id: string; pin: string }> {
  const id = stack.newNumber();
  stack.simulator.addNumber({ id, preset: 'verified' });
  await stack.client.start({ phoneNumberId: id, label: 'Zoo' });
  await stack.client.result(id);
  return { id, pin: await currentPin(id) };
}

const currentPin = async (id: string) => (await store.read(id, 'current')).pin.reveal();

test('a rotated number has another PIN at Meta and in the PIN store, and its status says rotation', async () => {
  const { id, pin } = await liveNumber();
  const rotated = await run('rotate', id, '--reason', 'Ben has left');
  expect(unwrapped(rotated.stdout)).toContain(`Rotating the PIN of ${id}.`);
  expect(rotated.stdout).toContain('ended: rotation: done');
  expect(rotated.exitCode).toBe(EXIT.done);
  const now = await currentPin(id);
  expect(now).not.toBe(pin);
  expect(stack.simulator.number(id).pin).toBe(now);
  expect((await store.read(id, 'previous')).pin.reveal()).toBe(pin);
  expect((await run('status', id)).stdout).toContain('· Zoo · rotation: done');

  const again = await runJson('rotate', id);
  expect(again).toMatchObject({
    exitCode: EXIT.done,
    document: {
      phoneNumberId: id,
      status: { operation: 'rotatePin', result: { outcome: 'rotated' } },
    },
  });
  expect(JSON.stringify(again.document)).not.toContain(await currentPin(id));
});

test('a rotation that Meta refuses parks with cause and cure, exit code 5, and retry finishes it', async () => {
  const { id } = await liveNumber();
  const details = 'Application does not have permission for this action';
  stack.simulator.update(id, { refusals: { setPin: { code: 10, details } } });
  const parked = await run('rotate', id);
  stack.simulator.update(id, { refusals: {} });
  expect(parked.stdout).toContain('parked until');
  expect(parked.stdout).toContain(`next: npx wa-onboard retry ${id}`);
  expect(parked.exitCode).toBe(EXIT.waiting);
  const busy = await run('rotate', id);
  expect(unwrapped(busy.stderr)).toContain('is being rotated');
  expect(busy.exitCode).toBe(EXIT.refused);
  expect((await run('retry', id)).exitCode).toBe(EXIT.done);
  expect((await stack.client.result(id)).outcome).toBe('rotated');
  expect(stack.simulator.number(id).pin).toBe(await currentPin(id));
});

test('a number that is not registered is not rotated, and says what to do', async () => {
  const id = stack.newNumber();
  stack.simulator.addNumber({ id, preset: 'verified' });
  const { exitCode, stdout } = await run('rotate', id);
  expect(stdout).toContain('ended: rotation: failed');
  expect(exitCode).toBe(EXIT.refused);
});

test('number shows what Meta, the PIN store and Temporal know of it', async () => {
  const { id, pin } = await liveNumber();
  const { stdout, exitCode } = await run('number', id);
  expect(stdout).toMatch(/Status +CONNECTED · CLOUD_API/);
  expect(stdout).toMatch(/PIN +in local, /);
  expect(stdout).toMatch(/current since .* ago/);
  await expect
    .poll(async () => (await run('number', id)).stdout, { timeout: 20_000 })
    .toMatch(/Runs +onboarding: finished, ended/);
  expect(stdout).not.toContain(pin);
  expect(exitCode).toBe(EXIT.done);
  const { document } = await runJson('number', id);
  expect(document).toMatchObject({
    phoneNumberId: id,
    meta: { id, status: 'CONNECTED' },
    pinRecord: { phoneNumberId: id, versions: { current: { version: expect.any(String) } } },
    budget: { register: { used: 1, limit: 10 } },
  });
  expect(JSON.stringify(document)).not.toContain(pin);
});

test('troubleshoot finds a live number in order, a changed PIN stale, and a lost one curable', async () => {
  const { id, pin } = await liveNumber();
  const inOrder = await run('pin', 'troubleshoot', id);
  expect(inOrder.stdout).toContain('✔ PIN format');
  expect(unwrapped(inOrder.stdout)).toContain('Nothing tells that the stored PIN is wrong.');
  expect(inOrder.exitCode).toBe(EXIT.done);

  await store.annotate(id, { stale: { since: new Date().toISOString(), why: 'Meta said so' } });
  const stale = await runJson('pin', 'troubleshoot', id);
  expect(stale).toMatchObject({
    exitCode: EXIT.waiting,
    document: { verdict: 'stale', commands: [`npx wa-onboard rotate ${id}`] },
  });
  await run('rotate', id);
  expect((await runJson('pin', 'troubleshoot', id)).document.verdict).toBe('inOrder');

  await store.remove(id);
  const lost = await runJson('pin', 'troubleshoot', id);
  expect(lost.document).toMatchObject({
    verdict: 'noPinOfRegistered',
    commands: [`npx wa-onboard start ${id} --take-over`],
  });
  expect(JSON.stringify([inOrder, stale, lost])).not.toContain(pin);
  await stack.client.start({ phoneNumberId: id, takeOver: true });
  await stack.client.result(id);
  expect(stack.simulator.number(id).pin).toBe(await currentPin(id));
});

test('troubleshoot finds the PIN of a number under the id that it had before', async () => {
  const { id } = await liveNumber();
  const newId = stack.newNumber();
  const { displayPhoneNumber } = stack.simulator.number(id);
  stack.simulator.addNumber({ id: newId, preset: 'verified', displayPhoneNumber });
  const { document } = await runJson('pin', 'troubleshoot', newId);
  expect(document.checks).toContainEqual({
    check: 'former ids',
    outcome: 'warn',
    text: expect.stringContaining(`under ${id} too`),
  });
});

test('a revealed PIN is audited, notified, and rotated afterwards where that was asked for', async () => {
  const { id, pin } = await liveNumber();
  const env = {
    NOTIFY_WEBHOOK_URL: 'http://127.0.0.1:1/',
    NOTIFY_WEBHOOK_SECRET: `whsec_${'A'.repeat(44)}`,
  };
  const reveal = (...flags: string[]) =>
    runIn(['pin', 'reveal', id, '--reason', 'call with Meta', '--force', ...flags], {
      ...{ cwd: stack.folder, env },
    });
  const shown = await reveal();
  expect(shown).toMatchObject({ exitCode: EXIT.done, stdout: `${pin}\n` });
  const trail = readFileSync(join(stack.folder, '.onboarding', 'audit.jsonl'), 'utf8');
  expect(trail).toContain('"outcome":"revealed"');
  expect(trail).not.toContain(pin);

  const later = await reveal('--rotate-after', '1h');
  expect(later.stdout).toBe(`${pin}\n`);
  expect(unwrapped(later.stderr)).toMatch(/It is rotated at .*, in (1h|59m)/);
  await expect
    .poll(async () => (await run('number', id)).stdout, { timeout: 20_000 })
    .toMatch(
      new RegExp(`Planned +a rotation.*\\n  temporal workflow cancel --workflow-id \\S+-${id}-`),
    );
});

test('records that were exported come back where they were lost', async () => {
  const { id, pin } = await liveNumber();
  const folder = mkdtempSync(join(tmpdir(), 'wa-onboard-export-'));
  const [key, out] = [join(folder, 'key.txt'), join(folder, 'pins.age')];
  const { stdout } = await run('pin', 'keygen', '--out', key);
  const exported = await run(
    'pin',
    'export',
    '--recipient',
    stdout.trim(),
    '--out',
    out,
    '--reason',
    'monthly',
    '--without-notice',
  );
  expect(exported.exitCode).toBe(EXIT.done);
  await store.remove(id);
  const imported = await runJson('pin', 'import', out, '--identity', key);
  expect(imported.exitCode).toBe(EXIT.done);
  expect(imported.document.counts).toMatchObject({ restored: 1, differs: 0, failed: 0 });
  expect(await currentPin(id)).toBe(pin);
  rmSync(folder, { recursive: true });
});

test('an offboarded number is not registered any more, and the end says what became of the PIN', async () => {
  const { id, pin } = await liveNumber();
  const gone = await run('offboard', id, '--confirm', id, '--reason', 'shop closed');
  expect(gone.stdout).toContain('ended: offboarding: done');
  expect(gone.exitCode).toBe(EXIT.done);
  expect(stack.simulator.number(id).registered).toBe(false);
  expect(await currentPin(id)).toBe(pin);
  expect((await run('status', id)).stdout).toMatch(/PIN +kept in local/);

  const { id: other } = await liveNumber();
  const deleted = await runJson('offboard', other, '--confirm', other, '--delete-pin');
  expect(deleted.document.status.result).toMatchObject({
    outcome: 'offboarded',
    pinRecord: 'deleted',
  });
  expect(await store.describe(other)).toBeUndefined();
  const trail = readFileSync(join(stack.folder, '.onboarding', 'audit.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ action }) => action === 'offboardAndDeletePin');
  expect(trail).toMatchObject([
    { phoneNumberId: other, outcome: 'beginning' },
    { phoneNumberId: other, outcome: 'begun', status: 202 },
  ]);
});

test('a number is registered again with the PIN that it has', async () => {
  const { id, pin } = await liveNumber();
  const again = await run('reregister', id, '--reason', 'new display name');
  expect(again.stdout).toContain('ended: re-registration: live');
  expect(again.exitCode).toBe(EXIT.done);
  expect(await currentPin(id)).toBe(pin);
});

test('schedules are made, described, changed, paused, resumed and removed', async () => {
  const none = await run('schedule', 'describe');
  expect(none.stdout).toContain('rotation · not scheduled');
  expect(none.stdout).toContain('reconcile · not scheduled');
  expect(none.exitCode).toBe(EXIT.done);
  expect((await run('schedule', 'pause', 'rotation')).exitCode).toBe(EXIT.notFound);
  expect((await run('schedule', 'describe', 'rotation')).exitCode).toBe(EXIT.notFound);

  const set = await run('schedule', 'rotation', '--every', '90d', '--per-minute', '20');
  expect(unwrapped(set.stdout)).toContain('it looks every day, and rotates the PINs');
  expect(set.exitCode).toBe(EXIT.done);
  await run('schedule', 'rotation', '--every', '60d');
  const described = await run('schedule', 'describe', 'rotation');
  expect(described.stdout).toMatch(/Looks +every day/);
  expect(described.stdout).toMatch(/PINs older than 60d/);
  expect(described.stdout).toMatch(/Next +.*, in /);

  expect((await run('schedule', 'pause', 'rotation')).exitCode).toBe(EXIT.done);
  const paused = await run('schedule', 'describe', 'rotation');
  expect(paused.stdout).toContain('· paused');
  expect(paused.stdout).toMatch(/Note +paused by /);
  expect((await run('schedule', 'resume', 'rotation')).exitCode).toBe(EXIT.done);
  expect((await run('schedule', 'describe', 'rotation')).stdout).not.toContain('Note');

  await run('schedule', 'reconcile', '--every', '12h', '--waba', '102290129340398', '--subscribe');
  const { document } = await runJson('schedule', 'describe');
  expect(document.schedules).toMatchObject([
    { name: 'rotation', scheduled: true, paused: false, input: { age: '60d' } },
    { name: 'reconcile', scheduled: true, every: '12 hours', input: { subscribe: true } },
  ]);
  for (const name of ['rotation', 'reconcile']) {
    expect((await run('schedule', 'remove', name)).exitCode).toBe(EXIT.done);
  }
  expect((await runJson('schedule', 'describe')).document.schedules).toMatchObject([
    { scheduled: false },
    { scheduled: false },
  ]);
});

test('a sweep is begun, shown, and not begun twice; without one that is said', async () => {
  const resumed = await run('sweep', 'resume');
  expect(unwrapped(resumed.stderr)).toContain('No sweep is halted');
  expect(resumed.exitCode).toBe(EXIT.refused);
  const begun = await runJson('sweep', 'start', '--age', '30d');
  expect(begun).toMatchObject({ exitCode: EXIT.done, document: { runId: expect.any(String) } });
  await expect
    .poll(async () => (await run('sweep')).stdout, { timeout: 30_000 })
    .toContain('Rotation of due PINs · finished');
  expect((await run('sweep')).exitCode).toBe(EXIT.done);
});

test('reconcile tells what is not in order, exit code 5, and nothing is sent with bad input', async () => {
  const wabaId = '102290129340399';
  const id = stack.newNumber();
  stack.simulator.addNumber({ id, preset: 'live', wabaId });
  const found = await run('reconcile', '--waba', wabaId, '--no-notify');
  expect(found.stdout).toContain(`Account ${wabaId} · `);
  expect(found.stdout).toMatch(new RegExp(`${id} +no PIN known`));
  expect(found.exitCode).toBe(EXIT.waiting);
  const { document } = await runJson('reconcile', '--waba', wabaId, '--no-notify');
  expect(document).toMatchObject({ wabaId, counts: { numberWithoutPin: 1 } });

  const unnamed = await run('reconcile');
  expect(unwrapped(unnamed.stderr)).toContain('give its id with --waba, or give the worker');
  expect(unnamed.exitCode).toBe(EXIT.usage);
});

test('a number that nobody has begun with is to be started, and says so', async () => {
  const id = stack.newNumber();
  stack.simulator.addNumber({ id, preset: 'verified' });
  const { stdout } = await run('number', id);
  expect(stdout).toMatch(new RegExp(`Next +npx wa-onboard start ${id}`));
});

test('a backup that is notified goes to whoever is configured to hear of it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wa-onboard-export-'));
  const { stdout: recipient } = await run('pin', 'keygen', '--out', join(folder, 'key.txt'));
  const env = {
    NOTIFY_WEBHOOK_URL: 'http://127.0.0.1:1/',
    NOTIFY_WEBHOOK_SECRET: `whsec_${'A'.repeat(44)}`,
  };
  const args = ['pin', 'export', '--recipient', recipient.trim(), '--out', join(folder, 'x.age')];
  const { exitCode } = await runIn([...args, '--reason', 'moving to Vault'], {
    ...{ cwd: stack.folder, env },
  });
  expect(exitCode).toBe(EXIT.done);
  const posted = async () => {
    for await (const { workflowId, runId } of stack.client.temporal.workflow.list({
      query: "WorkflowType = 'sendNotification'",
    })) {
      const { events } = await stack.client.temporal.workflow
        .getHandle(workflowId, runId)
        .fetchHistory();
      const [input] = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
      const notice = JSON.parse(Buffer.from(input?.data ?? []).toString('utf8'));
      if (notice.reason === 'moving to Vault') return notice;
    }
    return undefined;
  };
  await expect.poll(posted, { timeout: 20_000 }).toMatchObject({
    event: 'pin.revealed',
    text: expect.stringMatching(
      /backs up all [0-9]+ records? of the PIN store \(local, .*for recipient age1\S+: moving to Vault$/,
    ),
    counts: { records: expect.any(Number), notBackedUp: 0 },
  });
  rmSync(folder, { recursive: true });
});
