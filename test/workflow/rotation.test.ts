import { describe, expect, test } from 'vitest';
import {
  PinStoreRefusedError,
  PinStoreUnreachableError,
} from '../../activities/pin-store/pin-store.js';
import { Secret } from '../../activities/secret.js';
import { FAILURE_TYPES, ROTATE_PIN, workflowIdOf } from '../../workflows/messages.js';
import { eventsOf, failureOf, parked } from './end-state.js';
import { billableActions } from './history-cost.js';
import { type Stack, stackForFile, stepStates, until } from './stack.js';

const the = stackForFile();

const KNOWN_PIN = '048213';
const OTHER_PIN = '739514';

/** A number that is registered with a PIN that the PIN store keeps as the current one. */
async function liveNumber({ pinStore, ...stack }: Stack, pin = KNOWN_PIN): Promise<string> {
  const id = stack.number({ preset: 'live', pin });
  const { version } = await pinStore.stage(id, {}, () => new Secret(pin));
  await pinStore.promote(id, version);
  return id;
}

const pinIn = async ({ pinStore }: Stack, id: string, state: 'current' | 'previous' | 'pending') =>
  (await pinStore.read(id, state)).pin.reveal();

const statesOf = async ({ pinStore }: Stack, id: string) =>
  Object.keys((await pinStore.describe(id))?.versions ?? {}).sort();

/** That the PIN at Meta is the current one in the PIN store, and nothing is pending. */
async function expectSettled(stack: Stack, id: string): Promise<string> {
  const pin = await pinIn(stack, id, 'current');
  expect(stack.simulator.number(id).pin).toBe(pin);
  expect(await statesOf(stack, id)).not.toContain('pending');
  return pin;
}

const setPins = ({ simulator }: Stack, id: string) =>
  simulator.requests.filter(
    ({ endpoint, phoneNumberId }) => endpoint === 'setPin' && phoneNumberId === id,
  ).length;

const rotateAsSweep = ({ temporal, taskQueue }: Stack, id: string, input: object = {}) =>
  temporal.workflow.start(ROTATE_PIN, {
    workflowId: workflowIdOf(id),
    taskQueue,
    args: [{ phoneNumberId: id, onRefused: 'fail', ...input }],
  });

describe.concurrent('a rotation', () => {
  test('gives the number another PIN, keeps the former one as previous, and says so', async () => {
    const { stack } = the;
    const id = await liveNumber(stack);
    await stack.client.rotatePin(id, { reason: 'somebody left', requestedBy: 'Ana' });
    const result = await stack.client.result(id);
    expect(result).toMatchObject({
      operation: 'rotatePin',
      outcome: 'rotated',
      changed: true,
      pin: { confirmed: true, since: expect.any(String) },
    });
    expect(await expectSettled(stack, id)).not.toBe(KNOWN_PIN);
    expect(await pinIn(stack, id, 'previous')).toBe(KNOWN_PIN);
    expect(await stack.client.status(id)).toMatchObject({
      operation: 'rotatePin',
      run: 'completed',
      progress: { operation: 'rotatePin', stage: 'Live' },
    });
    expect(stepStates(result)).toEqual({
      register: 'skipped',
      requestCode: 'skipped',
      awaitCode: 'skipped',
      verifyCode: 'skipped',
      setTwoStepPin: 'done',
      storePin: 'done',
    });
  });

  test('goes on with the PIN that an earlier one had staged, and never calls an old PIN new', async () => {
    const { stack } = the;
    const id = await liveNumber(stack);
    await stack.pinStore.stage(id, {}, () => new Secret(OTHER_PIN));
    await stack.client.rotatePin(id);
    await stack.client.result(id);
    expect(await expectSettled(stack, id)).toBe(OTHER_PIN);
    expect(setPins(stack, id)).toBe(1);
  });

  test('that is to replace a PIN which somebody has seen finishes with that one first, where it is pending', async () => {
    const { stack } = the;
    const id = await liveNumber(stack);
    const { version } = await stack.pinStore.stage(id, {}, () => new Secret(OTHER_PIN));
    await stack.client.rotatePin(id, { replace: version });
    await stack.client.result(id);
    expect([KNOWN_PIN, OTHER_PIN]).not.toContain(await expectSettled(stack, id));
    expect(await pinIn(stack, id, 'previous')).toBe(OTHER_PIN);
    expect(setPins(stack, id)).toBe(2);
  });

  test('whose answer of Meta is lost sends the same PIN again', async () => {
    const { stack } = the;
    const id = await liveNumber(stack);
    stack.simulator.faults.add({
      kind: 'executedReset',
      endpoint: 'setPin',
      phoneNumberId: id,
      times: 2,
    });
    await stack.client.rotatePin(id);
    await stack.client.result(id);
    await expectSettled(stack, id);
    expect(setPins(stack, id)).toBe(3);
    expect(await pinIn(stack, id, 'previous')).toBe(KNOWN_PIN);
  });

  test('that was terminated after Meta took the PIN is finished by the next one with that PIN', async () => {
    const { stack } = the;
    const id = await liveNumber(stack);
    const mend = stack.breakStore(id, 'promote', async () => {
      throw new PinStoreUnreachableError('The PIN store does not answer.');
    });
    await stack.client.rotatePin(id);
    await until('Meta to have another PIN', () => stack.simulator.number(id).pin !== KNOWN_PIN);
    await until('the store to be tried', async () => {
      const progress = await stack.client.progress(id);
      return stepStates(progress).storePin === 'running';
    });
    await stack.temporal.workflow.getHandle(workflowIdOf(id)).terminate('for the test');
    mend();
    const atMeta = stack.simulator.number(id).pin;
    await stack.client.rotatePin(id);
    await stack.client.result(id);
    expect(await expectSettled(stack, id)).toBe(atMeta);
  }, 90_000);

  test('of a number that is not registered is refused, and nothing is staged', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'verified' });
    const { version } = await stack.pinStore.stage(id, {}, () => new Secret(KNOWN_PIN));
    await stack.pinStore.promote(id, version);
    await stack.client.rotatePin(id);
    const failure = await failureOf(stack, id);
    expect(failure.type).toBe(FAILURE_TYPES.refused);
    expect(failure.message).toMatch(/not registered.*wa-onboard start/);
    expect(await statesOf(stack, id)).toEqual(['current']);
    expect(setPins(stack, id)).toBe(0);
  });

  test('of a number whose PIN the store never knew is refused with the way to take it over', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'live' });
    await stack.client.rotatePin(id);
    expect((await failureOf(stack, id)).message).toMatch(/start <id> --take-over/);
    expect(setPins(stack, id)).toBe(0);
  });

  test('that Meta refuses is parked with the pending PIN kept, and goes on by retry', async () => {
    const { stack } = the;
    const id = await liveNumber(stack);
    const mend = stack.simulator.faults.add({
      kind: 'error',
      endpoint: 'setPin',
      phoneNumberId: id,
      code: 131005,
      message: 'Access denied',
    });
    await stack.client.rotatePin(id);
    const { problem, waiting } = await parked(stack, id);
    expect(problem?.text).toMatch(/Access denied/);
    expect(waiting).toMatchObject({ decisions: ['retry'], onExpiry: 'compensate' });
    expect(await statesOf(stack, id)).toEqual(['current', 'pending']);
    const pending = await pinIn(stack, id, 'pending');
    mend();
    await stack.client.retry(id, { requestedBy: 'Ana' });
    await stack.client.result(id);
    expect(await expectSettled(stack, id)).toBe(pending);
  });

  test('one of many fails where Meta refuses, with the pending PIN kept', async () => {
    const { stack } = the;
    const id = await liveNumber(stack);
    const mend = stack.simulator.faults.add({
      kind: 'error',
      endpoint: 'setPin',
      phoneNumberId: id,
      code: 190,
      message: 'The token has expired',
    });
    await rotateAsSweep(stack, id);
    expect((await failureOf(stack, id)).message).toMatch(/token has expired.*access token/);
    const pending = await pinIn(stack, id, 'pending');
    mend();
    await rotateAsSweep(stack, id);
    await stack.client.result(id);
    expect(await expectSettled(stack, id)).toBe(pending);
  });

  test('one of many leaves a PIN alone that is not due any more', async () => {
    const { stack } = the;
    const id = await liveNumber(stack);
    const input = { dueBefore: new Date(Date.now() - 86_400_000).toISOString() };
    await rotateAsSweep(stack, id, input);
    expect(await stack.client.result(id)).toMatchObject({ changed: false, outcome: 'rotated' });
    expect(await expectSettled(stack, id)).toBe(KNOWN_PIN);
    await stack.pinStore.annotate(id, {
      stale: { since: new Date().toISOString(), why: 'somebody changed it' },
    });
    await rotateAsSweep(stack, id, input);
    expect(await stack.client.result(id)).toMatchObject({ changed: true });
    expect(await expectSettled(stack, id)).not.toBe(KNOWN_PIN);
    expect((await stack.pinStore.describe(id))?.stale).toBeUndefined();
  });

  test('during which somebody makes another PIN the current one overwrites nothing, and says so', async () => {
    const { stack } = the;
    const id = await liveNumber(stack);
    const mend = stack.breakStore(id, 'promote', async () => {
      mend();
      const { version } = await stack.pinStore.provide(id, new Secret(OTHER_PIN));
      await stack.pinStore.promote(id, version);
    });
    await stack.client.rotatePin(id);
    const { problem, waiting } = await parked(stack, id);
    const record = await stack.pinStore.describe(id);
    expect(problem?.text).toContain(record?.record);
    expect(problem?.text).toContain(record?.versions.current?.version);
    expect(waiting?.onExpiry).toBe('alertAgain');
    expect(await pinIn(stack, id, 'current')).toBe(OTHER_PIN);
    expect(await pinIn(stack, id, 'pending')).toBe(stack.simulator.number(id).pin);
    await stack.client.retry(id);
    await stack.client.result(id);
    await expectSettled(stack, id);
    expect(await pinIn(stack, id, 'previous')).toBe(OTHER_PIN);
  });

  test('whose record somebody removes meanwhile sets another PIN after retry', async () => {
    const { stack } = the;
    const id = await liveNumber(stack);
    const mend = stack.breakStore(id, 'promote', async () => {
      mend();
      await stack.pinStore.remove(id);
    });
    await stack.client.rotatePin(id);
    const { problem } = await parked(stack, id);
    expect(problem?.advice).toMatch(/retry, and another PIN is set/);
    const lost = stack.simulator.number(id).pin;
    await stack.client.retry(id);
    await stack.client.result(id);
    expect(await expectSettled(stack, id)).not.toBe(lost);
  });

  test('that the PIN store refuses after Meta has taken the PIN is parked and tried again', async () => {
    const { stack } = the;
    const id = await liveNumber(stack);
    const mend = stack.breakStore(id, 'promote', async () => {
      throw new PinStoreRefusedError('No permission to write.');
    });
    await rotateAsSweep(stack, id);
    await parked(stack, id);
    expect(await pinIn(stack, id, 'pending')).toBe(stack.simulator.number(id).pin);
    mend();
    await stack.client.retry(id);
    await stack.client.result(id);
    await expectSettled(stack, id);
  });

  test('whose promotion comes late has the PIN set once more, as somebody may have changed it since', async () => {
    const { stack } = the;
    const id = await liveNumber(stack);
    const mend = stack.breakStore(id, 'promote', async () => {
      throw new PinStoreRefusedError('No permission to write.');
    });
    await stack.client.rotatePin(id);
    await parked(stack, id);
    stack.simulator.update(id, { pin: OTHER_PIN });
    mend();
    await stack.client.retry(id);
    await stack.client.result(id);
    expect(await expectSettled(stack, id)).not.toBe(OTHER_PIN);
  });

  test('that is cancelled while the PIN is being set leaves the number with one PIN that the store knows', async () => {
    const { stack } = the;
    const id = await liveNumber(stack);
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    stack.simulator.faults.add({
      kind: 'hold',
      until: held,
      endpoint: 'setPin',
      phoneNumberId: id,
      times: 1,
    });
    await stack.client.rotatePin(id);
    await until('the PIN to be sent', () => setPins(stack, id) === 1);
    await stack.client.cancel(id);
    release();
    expect(await stack.client.result(id)).toMatchObject({ cancelRequested: true });
    expect(await expectSettled(stack, id)).not.toBe(KNOWN_PIN);
  });
});

test('a rotation as one of many costs two Actions, and the start of a child', async () => {
  const { stack } = the;
  const id = await liveNumber(stack);
  await rotateAsSweep(stack, id);
  await stack.client.result(id);
  const events = await eventsOf(stack.temporal.workflow.getHandle(workflowIdOf(id)));
  expect(billableActions(events)).toEqual({
    start: 1,
    timers: 0,
    signals: 0,
    updates: 0,
    activityAttempts: 1,
    localActivities: 1,
    upserts: 0,
  });
});
