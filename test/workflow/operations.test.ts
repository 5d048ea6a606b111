import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { PinStoreRefusedError } from '../../activities/pin-store/pin-store.js';
import { Secret } from '../../activities/secret.js';
import { OnboardingInProgressError } from '../../client/index.js';
import { SOMEBODYS_PIN } from '../../simulator/simulator.js';
import { FAILURE_TYPES, workflowIdOf } from '../../workflows/messages.js';
import { eventsOf, failureOf, parked } from './end-state.js';
import { type Stack, stackForFile, stepStates, until, writesTo } from './stack.js';

const the = stackForFile();

const KNOWN_PIN = '048213';

async function known(stack: Stack, id: string, pin = KNOWN_PIN): Promise<void> {
  const { version } = await stack.pinStore.stage(id, {}, () => new Secret(pin));
  await stack.pinStore.promote(id, version);
}

async function liveNumber(stack: Stack): Promise<string> {
  const id = stack.number({ preset: 'live', pin: KNOWN_PIN });
  await known(stack, id);
  return id;
}

const currentPin = async ({ pinStore }: Stack, id: string) =>
  (await pinStore.read(id, 'current')).pin.reveal();

describe.concurrent('a re-registration', () => {
  test('registers the number again with its PIN, and notes under which name', async () => {
    const { stack } = the;
    const id = await liveNumber(stack);
    stack.simulator.update(id, { verifiedName: 'Lucky Shrub & Sons' });
    await stack.client.reregister(id, { reason: 'its name has changed' });
    expect(await stack.client.result(id)).toMatchObject({
      operation: 'reregisterNumber',
      outcome: 'live',
      changed: true,
    });
    expect(writesTo(stack.simulator, id)).toEqual(['register']);
    expect(await stack.pinStore.describe(id)).toMatchObject({
      registeredName: 'Lucky Shrub & Sons',
    });
    expect(await currentPin(stack, id)).toBe(KNOWN_PIN);
  });

  test('is not sent where Meta has registered the number anew since', async () => {
    const { stack } = the;
    const id = await liveNumber(stack);
    const unlessSince = new Date(Date.now() - 60_000).toISOString();
    await stack.client.reregister(id, { unlessSince });
    await stack.client.result(id);
    await stack.client.reregister(id, { unlessSince });
    expect(await stack.client.result(id)).toMatchObject({ changed: false });
    expect(writesTo(stack.simulator, id)).toEqual(['register']);
  });

  test('whose answer is lost is found done by when Meta says it was registered', async () => {
    const { stack } = the;
    const id = await liveNumber(stack);
    stack.simulator.faults.add({
      kind: 'executedReset',
      endpoint: 'register',
      phoneNumberId: id,
      times: 1,
    });
    await stack.client.reregister(id);
    await stack.client.result(id);
    expect(writesTo(stack.simulator, id)).toEqual(['register']);
  });

  test('sets the PIN of the PIN store first where Meta has another one', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'live', pin: '739514' });
    await known(stack, id);
    await stack.client.reregister(id);
    expect(await stack.client.result(id)).toMatchObject({ outcome: 'live' });
    expect(writesTo(stack.simulator, id)).toEqual(['register', 'setPin', 'register']);
    expect(stack.simulator.number(id).pin).toBe(KNOWN_PIN);
  });

  test('of a number that is not registered, or without a PIN, is refused', async () => {
    const { stack } = the;
    const free = stack.number({ preset: 'verified' });
    await stack.client.reregister(free);
    expect((await failureOf(stack, free)).type).toBe(FAILURE_TYPES.refused);
    const stranger = stack.number({ preset: 'live' });
    await stack.client.reregister(stranger);
    expect((await failureOf(stack, stranger)).message).toMatch(/pin provide/);
    expect([...writesTo(stack.simulator, free), ...writesTo(stack.simulator, stranger)]).toEqual(
      [],
    );
  });
});

describe.concurrent('an offboarding', () => {
  test('deregisters the number and keeps its PIN, as two-step verification outlives it', async () => {
    const { stack } = the;
    const id = await offboardable(stack);
    await stack.client.offboard(id, { confirm: id, requestedBy: 'Ana' });
    const result = await stack.client.result(id);
    expect(result).toMatchObject({ outcome: 'offboarded', changed: true, pinRecord: 'kept' });
    expect(stepStates(result).register).toBe('compensated');
    expect(stack.simulator.number(id).registered).toBe(false);
    expect(await currentPin(stack, id)).toBe(KNOWN_PIN);
    expect((await stack.client.status(id)).stage).toBe('Offboarded');
  });

  test('deletes the PIN where Meta says that two-step verification is off, or the operator says so', async () => {
    const { stack } = the;
    const off = stack.number({ preset: 'liveWithout2sv' });
    await known(stack, off);
    await stack.client.offboard(off, { confirm: off });
    expect(await stack.client.result(off)).toMatchObject({ pinRecord: 'deleted' });
    expect(await stack.pinStore.describe(off)).toBeUndefined();
    const told = await offboardable(stack);
    await stack.client.offboard(told, { confirm: told, pinRecord: 'delete' });
    expect(await stack.client.result(told)).toMatchObject({ pinRecord: 'deleted' });
    const kept = stack.number({ preset: 'liveWithout2sv' });
    await known(stack, kept);
    await stack.client.offboard(kept, { confirm: kept, pinRecord: 'keep' });
    expect(await stack.client.result(kept)).toMatchObject({ pinRecord: 'kept' });
  });

  test('whose answer is lost is found done; one of a number that is not registered sends nothing', async () => {
    const { stack } = the;
    const id = await offboardable(stack);
    stack.simulator.faults.add({
      kind: 'executedReset',
      endpoint: 'deregister',
      phoneNumberId: id,
      times: 1,
    });
    await stack.client.offboard(id, { confirm: id });
    const progress = await until('the wait after the lost answer', async () => {
      const now = await stack.client.progress(id);
      return now.waiting && now;
    });
    expect(progress.waiting?.for).toMatch(/deregister the number again/);
    await stack.temporal.workflow.getHandle(workflowIdOf(id)).terminate('it waits for minutes');
    await stack.client.offboard(id, { confirm: id });
    expect(await stack.client.result(id)).toMatchObject({ changed: false, pinRecord: 'kept' });
    expect(writesTo(stack.simulator, id)).toEqual(['deregister']);
  }, 90_000);

  test('without the id once more is refused before anything is started', async () => {
    const { stack } = the;
    const id = await liveNumber(stack);
    await expect(stack.client.offboard(id, { confirm: '1234567890' })).rejects.toThrow(
      /confirm must repeat/,
    );
    expect(await stack.client.runsOf(id)).toEqual([]);
  });
});

/** Registered by this product; the stack watches that no number in use is deregistered that a run found so. */
async function offboardable(stack: Stack): Promise<string> {
  const id = await liveNumber(stack);
  return id;
}

describe.concurrent('a number that has another id now', () => {
  const TELEPHONE = '+1 631-555-0199';

  test('is registered with the PIN that its former id has in the PIN store', async () => {
    const { stack } = the;
    const former = stack.number({ preset: 'deleted', displayPhoneNumber: `${TELEPHONE}1` });
    const { version } = await stack.pinStore.stage(
      former,
      { displayPhoneNumber: `${TELEPHONE}1` },
      () => new Secret(SOMEBODYS_PIN),
    );
    await stack.pinStore.promote(former, version);
    const id = stack.number({ preset: 'former', displayPhoneNumber: `+1 (631) 555 01991` });
    await stack.start(id);
    expect(await stack.client.result(id)).toMatchObject({ outcome: 'live' });
    expect(await currentPin(stack, id)).toBe(SOMEBODYS_PIN);
    expect(stack.simulator.number(id).pin).toBe(SOMEBODYS_PIN);
    expect(writesTo(stack.simulator, id)).toEqual(['register', 'setPin']);
  });

  test('tries the PIN of its former id after its own was refused', async () => {
    const { stack } = the;
    const displayPhoneNumber = `${TELEPHONE}2`;
    const former = stack.number({ preset: 'deleted', displayPhoneNumber });
    await stack.pinStore.stage(former, { displayPhoneNumber }, () => new Secret(SOMEBODYS_PIN));
    const id = stack.number({ preset: 'former', displayPhoneNumber });
    await stack.pinStore.stage(id, {}, () => new Secret(KNOWN_PIN));
    await stack.start(id);
    expect(await stack.client.result(id)).toMatchObject({ outcome: 'live' });
    expect(await currentPin(stack, id)).toBe(SOMEBODYS_PIN);
    expect(writesTo(stack.simulator, id)).toEqual(['register', 'register', 'setPin']);
  });

  test('parks where neither has the PIN', async () => {
    const { stack } = the;
    const displayPhoneNumber = `${TELEPHONE}3`;
    const former = stack.number({ preset: 'deleted', displayPhoneNumber });
    await stack.pinStore.stage(former, { displayPhoneNumber }, () => new Secret('150954'));
    const id = stack.number({ preset: 'former', displayPhoneNumber });
    await stack.start(id);
    await parked(stack, id);
    expect(writesTo(stack.simulator, id)).toEqual(['register']);
    await stack.client.cancel(id);
  });
});

describe.concurrent('what Meta says of a number', () => {
  const at = () => new Date(Date.now() + 1_000).toISOString();
  const told = (stack: Stack, phoneNumberId: string, said: object, key: string = randomUUID()) =>
    stack.client.handleNumberEvent({ phoneNumberId, said: said as never }, key);

  test('once is heard once', async () => {
    const { stack } = the;
    const id = await liveNumber(stack);
    const said = { event: 'pinChanged', at: at(), rotate: 'offer' };
    expect(await told(stack, id, said, 'one')).toBe('begun');
    expect(await told(stack, id, said, 'one')).toBe('repeated');
    await until('the record to be stale', async () => {
      return (await stack.pinStore.describe(id))?.stale;
    });
    expect(writesTo(stack.simulator, id)).toEqual([]);
  });

  test('that its PIN was changed leads to a rotation where that is wanted, at most once a day', async () => {
    const { stack } = the;
    const id = await liveNumber(stack);
    stack.simulator.update(id, { pin: '739514' });
    await told(stack, id, { event: 'pinChanged', at: at(), rotate: 'automatic' }, 'first');
    await until('another PIN', async () => (await currentPin(stack, id)) !== KNOWN_PIN);
    await stack.client.result(id);
    const pin = await currentPin(stack, id);
    expect(stack.simulator.number(id).pin).toBe(pin);
    expect((await stack.pinStore.describe(id))?.stale).toBeUndefined();
    const later = new Date(Date.now() + 60_000).toISOString();
    await told(stack, id, { event: 'pinChanged', at: later, rotate: 'automatic' }, 'second');
    const second = stack.temporal.workflow.getHandle(`whatsapp-number-event-${id}-second`);
    expect(await second.result()).toMatchObject({
      done: expect.arrayContaining(['No rotation was begun: one was already today.']),
    });
    expect(await currentPin(stack, id)).toBe(pin);
  });

  test('of a PIN that is older than the one in the PIN store changes nothing', async () => {
    const { stack } = the;
    const id = await liveNumber(stack);
    const before = new Date(Date.now() - 60_000).toISOString();
    await told(stack, id, { event: 'pinChanged', at: before, rotate: 'automatic' }, 'old');
    const handle = stack.temporal.workflow.getHandle(`whatsapp-number-event-${id}-old`);
    expect(await handle.result()).toEqual({
      done: ['Nothing: the PIN in the PIN store is newer than that.'],
    });
    expect((await stack.pinStore.describe(id))?.stale).toBeUndefined();
  });

  test('that two-step verification was turned off lets a run go on that is parked for its PIN', async () => {
    const { stack } = the;
    const id = stack.number({ preset: 'former' });
    await stack.pinStore.stage(id, {}, () => new Secret(KNOWN_PIN));
    await stack.start(id);
    await parked(stack, id);
    stack.simulator.update(id, { pin: undefined });
    await told(stack, id, { event: 'pinReset', at: at(), rotate: 'offer' });
    expect(await stack.client.result(id)).toMatchObject({ outcome: 'live' });
    expect(stack.simulator.number(id).pin).toBe(KNOWN_PIN);
    expect((await stack.client.progress(id)).decided).toMatchObject({
      by: expect.stringMatching(/Meta/),
    });
  });

  test('that its name was approved registers it again, once', async () => {
    const { stack } = the;
    const id = await liveNumber(stack);
    const approved = new Date(Date.now() - 1_000).toISOString();
    const said = { event: 'nameDecided', at: approved, decision: 'approved', name: 'New' };
    await told(stack, id, said, 'first');
    await until('it to be registered again', () => writesTo(stack.simulator, id).length === 1);
    await stack.client.result(id);
    await told(stack, id, said, 'again');
    await stack.temporal.workflow.getHandle(`whatsapp-number-event-${id}-again`).result();
    await stack.client.result(id);
    expect(writesTo(stack.simulator, id)).toEqual(['register']);
  });

  test('is not lost where the PIN store refuses: it is noted later', async () => {
    const { stack } = the;
    const id = await liveNumber(stack);
    const mend = stack.breakStore(id, 'describe', async () => {
      throw new PinStoreRefusedError('No permission to read.');
    });
    await told(stack, id, { event: 'pinChanged', at: at(), rotate: 'offer' }, 'refused');
    const handle = stack.temporal.workflow.getHandle(`whatsapp-number-event-${id}-refused`);
    await until('the wait for the PIN store', async () =>
      (await eventsOf(handle)).some((event) => event.timerStartedEventAttributes),
    );
    mend();
    expect(await handle.result()).toEqual({ done: ['The PIN record was marked as stale.'] });
    expect((await stack.pinStore.describe(id))?.stale).toBeDefined();
  }, 120_000);

  test('that two-step verification was turned off is no decision on a run that is parked for something else', async () => {
    const { stack } = the;
    const id = await liveNumber(stack);
    const mend = stack.simulator.faults.add({
      kind: 'error',
      endpoint: 'setPin',
      phoneNumberId: id,
      code: 131005,
    });
    await stack.client.rotatePin(id);
    await parked(stack, id);
    await told(stack, id, { event: 'pinReset', at: at(), rotate: 'offer' }, 'while-parked');
    await stack.temporal.workflow.getHandle(`whatsapp-number-event-${id}-while-parked`).result();
    const progress = await until('the run to have heard of it', async () => {
      const now = await stack.client.progress(id);
      return now.ignored && now;
    });
    expect(progress).toMatchObject({ stage: 'Parked' });
    expect(progress.decided).toBeUndefined();
    mend();
    await stack.client.retry(id);
    await stack.client.result(id);
    expect(stack.simulator.number(id).pin).toBe(await currentPin(stack, id));
  });
});

test('a later rotation waits until the number is free, and leaves no telephone number or PIN in any history', async () => {
  const { stack } = the;
  const id = stack.number({
    preset: 'live',
    pin: KNOWN_PIN,
    displayPhoneNumber: '+1 631-555-0177',
  });
  await known(stack, id);
  const { workflowId, runId, at } = await stack.client.rotateLater(id, { after: '1 second' });
  expect(Date.parse(at)).toBeGreaterThan(Date.now() - 1_000);
  const handle = stack.temporal.workflow.getHandle(workflowId, runId);
  expect(await handle.result()).toEqual({ begun: true });
  await stack.client.result(id);
  const pin = await currentPin(stack, id);
  expect(pin).not.toBe(KNOWN_PIN);
  for (const each of [handle, stack.temporal.workflow.getHandle(workflowIdOf(id))]) {
    const text = JSON.stringify(await eventsOf(each), (_, value) =>
      value instanceof Uint8Array ? Buffer.from(value).toString() : value,
    );
    expect(text).not.toMatch(new RegExp(`\\b(${pin}|${KNOWN_PIN})\\b|631-?555`));
  }
});

test('a number has one open run, whatever works on it', async () => {
  const { stack } = the;
  const id = stack.number();
  await stack.start(id);
  const others = [
    () => stack.client.rotatePin(id),
    () => stack.client.reregister(id),
    () => stack.client.offboard(id, { confirm: id }),
  ];
  for (const start of others) await expect(start()).rejects.toThrow(OnboardingInProgressError);
  await stack.client.cancel(id);
  await expect(stack.client.result(id)).rejects.toThrow(/cancelled/);
});
