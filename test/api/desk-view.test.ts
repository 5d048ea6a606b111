import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Desk, DeskEvent } from '../../client/api/desk.js';
import { createDeskOn, type DeskOptions } from '../../client/api/desk-view.js';
import type { Onboarding } from '../../client/api/schemas.js';
import {
  at,
  awaitingCode,
  claimedBy,
  codeSentAt,
  type LaggingTemporal,
  laggingTemporal,
  NOON,
  settled,
} from './desk-scene.js';

beforeEach(() => {
  vi.useFakeTimers({
    now: NOON,
    toFake: ['Date', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'],
  });
});
afterEach(() => {
  vi.useRealTimers();
});

const allows = () => true;

function deskOn(temporal: LaggingTemporal, options: DeskOptions = {}): Desk {
  const desk = createDeskOn(temporal.source, options);
  onTestFinished(() => desk.close());
  return desk;
}

async function listed(desk: Desk, filter: { text?: string } = {}): Promise<Onboarding[]> {
  return (await desk.list({ limit: 100, allows, ...filter })).items;
}

/** Takes all events as they come. */
async function listener(desk: Desk): Promise<{ events: DeskEvent[]; leave(): void }> {
  const leaving = new AbortController();
  const events: DeskEvent[] = [];
  void (async () => {
    for await (const event of desk.changes(leaving.signal)) events.push(event);
  })();
  onTestFinished(() => leaving.abort());
  await settled();
  return { events, leave: () => leaving.abort() };
}

async function pass(seconds: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(seconds * 1_000);
  await settled();
}

const heldBy = (events: DeskEvent[]) =>
  events.flatMap((event) => (event.event === 'onboarding' ? [event.data.claim?.by ?? 'free'] : []));

describe('the list', () => {
  test('holds what Temporal lists, page by page, with the time at which it was asked', async () => {
    const temporal = laggingTemporal({ pageSize: 2 });
    for (const id of ['1', '2', '3', '4', '5']) {
      temporal.now(awaitingCode(id, { card: { code: codeSentAt(-Number(id)) } }));
    }
    temporal.catchUp();
    const desk = deskOn(temporal);
    const page = await desk.list({ limit: 2, allows });
    expect(page.items.map(({ phoneNumberId }) => phoneNumberId)).toEqual(['5', '4']);
    expect(page).toMatchObject({ total: 5, asOf: at(0) });
    expect(temporal.calls.page).toBe(3);
  });

  test('counts only what the caller may see', async () => {
    const temporal = laggingTemporal();
    temporal.now(awaitingCode('1', { label: 'Berlin' }));
    temporal.now(awaitingCode('2', { label: 'Paris' }));
    temporal.catchUp();
    const desk = deskOn(temporal);
    const page = await desk.list({ limit: 10, allows: ({ label }) => label === 'Paris' });
    expect(page).toMatchObject({ total: 1, items: [{ phoneNumberId: '2', label: 'Paris' }] });
  });

  test('shows a run even where part of what it has published is not understood', async () => {
    const temporal = laggingTemporal();
    const odd = awaitingCode('1', { card: { lastDigits: '4567' } });
    temporal.now({
      ...odd,
      card: { ...odd.card, claim: JSON.parse('{"by":7}') },
    });
    temporal.catchUp();
    const [first] = await listed(deskOn(temporal), { text: '+49 170 123 4567' });
    expect(first).toMatchObject({ phoneNumberId: '1', lastDigits: '4567' });
    expect(first?.claim).toBeUndefined();
  });

  test('says why where Temporal does not answer, and shows what is again when it does', async () => {
    const temporal = laggingTemporal();
    temporal.now(awaitingCode('1'));
    temporal.catchUp();
    temporal.fail(new Error('no Temporal'));
    const desk = deskOn(temporal);
    await expect(listed(desk)).rejects.toThrow('no Temporal');
    await expect(listed(desk)).rejects.toThrow('no Temporal');
    expect(temporal.calls.page).toBe(1);
    temporal.fail(undefined);
    await pass(3);
    expect(await listed(desk)).toHaveLength(1);
  });

  test('is shown as it was for some seconds when Temporal stops answering, and no longer', async () => {
    const temporal = laggingTemporal();
    temporal.now(awaitingCode('1'));
    temporal.catchUp();
    const desk = deskOn(temporal);
    await listed(desk);
    temporal.fail(new Error('no Temporal'));
    await pass(4);
    expect(await listed(desk)).toHaveLength(1);
    await pass(4);
    await expect(listed(desk)).rejects.toThrow('no Temporal');
  });
});

describe('polling', () => {
  test('is shared by all who look, every three seconds', async () => {
    const temporal = laggingTemporal();
    const desk = deskOn(temporal);
    for (let count = 0; count < 20; count += 1) await listener(desk);
    const before = temporal.calls.page;
    expect(before).toBe(1);
    for (let seconds = 0; seconds < 60; seconds += 1) {
      await pass(1);
      await listed(desk);
    }
    expect(temporal.calls.page - before).toBe(20);
  });

  test('begins with whoever looks first and ends half a minute after the last request', async () => {
    const temporal = laggingTemporal();
    const desk = deskOn(temporal);
    await pass(600);
    expect(temporal.calls.page).toBe(0);
    await listed(desk);
    await pass(600);
    expect(temporal.calls.page).toBe(10);
  });

  test('goes on rarely while nobody looks, where so wished: whoever looks first has the list at once, and a moment later as it is', async () => {
    const temporal = laggingTemporal();
    temporal.now(awaitingCode('1'));
    temporal.catchUp();
    const desk = deskOn(temporal, { idlePollMs: 30_000 });
    await pass(325);
    expect(temporal.calls.page).toBe(10);
    temporal.listTakes(1_500);
    temporal.now(awaitingCode('2'));
    temporal.catchUp();
    // No time passes here, so that a list that waited for Temporal would never come.
    const { events } = await listener(desk);
    expect(await listed(desk)).toHaveLength(1);
    expect(await listed(desk)).toHaveLength(1);
    expect(events).toMatchObject([{ event: 'connection', data: { temporal: 'ok' } }]);
    await pass(2);
    expect(await listed(desk)).toHaveLength(2);
    expect(events.at(-1)).toMatchObject({ event: 'onboarding', data: { phoneNumberId: '2' } });
    temporal.listTakes(0);
    temporal.fail(new Error('Temporal is gone.'));
    await pass(30);
    await expect(listed(desk)).rejects.toThrow('Temporal is gone.');
  });

  test('ends at once when the last listener leaves', async () => {
    const temporal = laggingTemporal();
    const desk = deskOn(temporal);
    const [one, other] = [await listener(desk), await listener(desk)];
    await pass(60);
    one.leave();
    await pass(60);
    expect(temporal.calls.page).toBe(41);
    other.leave();
    await pass(600);
    expect(temporal.calls.page).toBe(41);
  });

  test('takes at most a quarter of the time where Temporal is slow', async () => {
    const temporal = laggingTemporal();
    temporal.listTakes(5_000);
    const desk = deskOn(temporal);
    await listener(desk);
    await pass(605);
    expect(temporal.calls.page).toBeGreaterThan(28);
    expect(temporal.calls.page).toBeLessThanOrEqual(31);
  });

  test('goes on when the machine’s clock is set back, and what was read before counts as old', async () => {
    const temporal = laggingTemporal();
    const desk = deskOn(temporal);
    await listed(desk);
    await pass(60);
    const before = temporal.calls.page;
    vi.setSystemTime(NOON - 3_600_000);
    temporal.now(awaitingCode('1'));
    temporal.catchUp();
    expect(await listed(desk)).toHaveLength(1);
    await listener(desk);
    await pass(9);
    expect(temporal.calls.page).toBe(before + 4);
  });

  test('asks nothing of Temporal about messages that went through while nobody looks', async () => {
    const temporal = laggingTemporal();
    const desk = deskOn(temporal);
    temporal.now(awaitingCode('1'));
    for (let count = 0; count < 100; count += 1) await desk.refresh('1');
    expect(temporal.calls).toEqual({ page: 0, describe: 0, progress: 0 });
  });
});

describe('changes', () => {
  test('begin with the connection, and then tell what is new, has changed and is gone', async () => {
    const temporal = laggingTemporal();
    temporal.now(awaitingCode('1', { label: 'Berlin' }));
    temporal.catchUp();
    const { events } = await listener(deskOn(temporal));
    expect(events).toEqual([{ event: 'connection', data: { temporal: 'ok', since: at(0) } }]);

    temporal.now(awaitingCode('2'));
    temporal.catchUp();
    await pass(3);
    temporal.now(awaitingCode('1', { label: 'Berlin', card: { claim: claimedBy('ana') } }));
    temporal.catchUp();
    await pass(3);
    temporal.ended('1');
    temporal.catchUp();
    await pass(3);
    expect(events.slice(1)).toMatchObject([
      { event: 'onboarding', data: { phoneNumberId: '2', stage: 'AwaitingCode' } },
      { event: 'onboarding', data: { phoneNumberId: '1', claim: { by: 'ana' } } },
      { event: 'gone', data: { phoneNumberId: '1', runId: 'run-of-1' }, label: 'Berlin' },
    ]);
  });

  test('say nothing where nothing has changed', async () => {
    const temporal = laggingTemporal();
    temporal.now(awaitingCode('1'));
    temporal.catchUp();
    const { events } = await listener(deskOn(temporal));
    await pass(60);
    expect(events).toHaveLength(1);
  });

  test('tell of a number whose run was followed by another as changed, not as gone', async () => {
    const temporal = laggingTemporal();
    temporal.now(awaitingCode('1'));
    temporal.catchUp();
    const { events } = await listener(deskOn(temporal));
    temporal.now(awaitingCode('1', { runId: 'the next run' }));
    temporal.catchUp();
    await pass(3);
    expect(events.slice(1)).toMatchObject([
      { event: 'onboarding', data: { phoneNumberId: '1', runId: 'the next run' } },
    ]);
  });

  test('tell when the connection is lost and when it is back, once each', async () => {
    const temporal = laggingTemporal();
    const { events } = await listener(deskOn(temporal));
    temporal.fail(new Error('no Temporal'));
    await pass(15);
    temporal.fail(undefined);
    await pass(15);
    expect(events).toEqual([
      { event: 'connection', data: { temporal: 'ok', since: at(0) } },
      { event: 'connection', data: { temporal: 'lost', since: at(3) } },
      { event: 'connection', data: { temporal: 'ok', since: at(18) } },
    ]);
  });

  test('begin with the loss where Temporal does not answer', async () => {
    const temporal = laggingTemporal();
    temporal.fail(new Error('no Temporal'));
    const { events } = await listener(deskOn(temporal));
    expect(events).toMatchObject([{ event: 'connection', data: { temporal: 'lost' } }]);
  });

  test('end with the listener’s signal, and with the desk', async () => {
    const temporal = laggingTemporal();
    const desk = deskOn(temporal);
    const leaving = new AbortController();
    const taken: string[] = [];
    const one = (async () => {
      for await (const { event } of desk.changes(leaving.signal)) taken.push(event);
      return 'ended';
    })();
    const other = (async () => {
      for await (const { event } of desk.changes(new AbortController().signal)) taken.push(event);
      return 'ended';
    })();
    await settled();
    leaving.abort();
    expect(await one).toBe('ended');
    await desk.close();
    expect(await other).toBe('ended');
    const late: DeskEvent[] = [];
    for await (const event of desk.changes(new AbortController().signal)) late.push(event);
    expect(late).toEqual([]);
  });

  test('wait for a slow listener as one event a number, the newest', async () => {
    const temporal = laggingTemporal();
    temporal.now(awaitingCode('1'));
    temporal.catchUp();
    const desk = deskOn(temporal);
    const leaving = new AbortController();
    onTestFinished(() => leaving.abort());
    const slow = desk.changes(leaving.signal)[Symbol.asyncIterator]();
    expect((await slow.next()).value).toMatchObject({ event: 'connection' });
    for (let count = 1; count <= 50; count += 1) {
      temporal.now(awaitingCode('1', { card: { claim: claimedBy(`agent ${count}`) } }));
      temporal.catchUp();
      await pass(3);
    }
    temporal.now(awaitingCode('2'));
    temporal.catchUp();
    await pass(3);
    expect((await slow.next()).value).toMatchObject({ data: { claim: { by: 'agent 50' } } });
    expect((await slow.next()).value).toMatchObject({ data: { phoneNumberId: '2' } });
  });

  test('end for a listener that takes nothing while ten thousand numbers change', async () => {
    const temporal = laggingTemporal({ pageSize: 100_000 });
    const desk = deskOn(temporal);
    const slow = desk.changes(new AbortController().signal)[Symbol.asyncIterator]();
    await slow.next();
    for (let count = 0; count <= 10_000; count += 1) temporal.now(awaitingCode(`${count}`));
    temporal.catchUp();
    await pass(3);
    expect(await slow.next()).toEqual({ done: true, value: undefined });
  });
});

describe('a number that was looked at', () => {
  test('shows a claim at once and never loses it again while the list lags', async () => {
    const temporal = laggingTemporal();
    temporal.now(awaitingCode('1'));
    temporal.catchUp();
    const desk = deskOn(temporal);
    const { events } = await listener(desk);

    temporal.now(awaitingCode('1', { card: { claim: claimedBy('ana') } }));
    await desk.refresh('1');
    expect((await listed(desk))[0]?.claim?.by).toBe('ana');
    for (let seconds = 0; seconds < 12; seconds += 1) {
      await pass(1);
      expect((await listed(desk))[0]?.claim?.by).toBe('ana');
    }
    temporal.catchUp();
    await pass(30);
    expect(heldBy(events)).toEqual(['ana']);

    const { describe: looks } = temporal.calls;
    temporal.now(awaitingCode('1'));
    temporal.catchUp();
    await pass(3);
    expect(heldBy(events)).toEqual(['ana', 'free']);
    expect(temporal.calls.describe).toBe(looks);
  });

  test('does not show a claim again that was given back while the list lags behind both', async () => {
    const temporal = laggingTemporal();
    temporal.now(awaitingCode('1'));
    temporal.catchUp();
    const desk = deskOn(temporal);
    const { events } = await listener(desk);
    const claimed = awaitingCode('1', { card: { claim: claimedBy('ana') } });

    temporal.now(claimed);
    await desk.refresh('1');
    temporal.now(awaitingCode('1'));
    await desk.refresh('1');
    await pass(3);
    // The list comes as far as the claim, and only later to its end.
    temporal.now(claimed);
    temporal.catchUp();
    temporal.now(awaitingCode('1'));
    await pass(3);
    temporal.catchUp();
    await pass(9);
    expect(heldBy(events)).toEqual(['ana', 'free']);
  });

  test('shows what somebody else did next as soon as the list tells of it', async () => {
    const temporal = laggingTemporal();
    temporal.now(awaitingCode('1'));
    temporal.catchUp();
    const desk = deskOn(temporal);
    const { events } = await listener(desk);
    temporal.now(awaitingCode('1', { card: { claim: claimedBy('ana') } }));
    await desk.refresh('1');
    temporal.now(awaitingCode('1', { card: { claim: claimedBy('ben') } }));
    temporal.catchUp();
    await pass(3);
    expect(heldBy(events)).toEqual(['ana', 'ben']);
  });

  test('is followed between two waits, where it publishes nothing, until it has ended', async () => {
    const temporal = laggingTemporal();
    temporal.now(awaitingCode('1'));
    temporal.catchUp();
    const desk = deskOn(temporal);
    const { events } = await listener(desk);
    temporal.now(awaitingCode('1'), { stage: 'Registering' });
    await desk.refresh('1');
    temporal.now(awaitingCode('1'), { stage: 'Securing' });
    await pass(3);
    temporal.ended('1');
    await pass(3);
    temporal.catchUp();
    await pass(30);
    expect(
      events.map((event) => (event.event === 'onboarding' ? event.data.stage : event.event)),
    ).toEqual(['connection', 'Registering', 'Securing', 'gone']);
    expect(temporal.calls.describe).toBe(3);
  });

  test('does not come back while the list still has the run that ended', async () => {
    const temporal = laggingTemporal();
    temporal.now(awaitingCode('1'));
    temporal.catchUp();
    const desk = deskOn(temporal);
    const { events } = await listener(desk);
    temporal.ended('1');
    await desk.refresh('1');
    await pass(9);
    expect(await listed(desk)).toEqual([]);
    temporal.catchUp();
    await pass(9);
    expect(events.map(({ event }) => event)).toEqual(['connection', 'gone']);
  });

  test('is there from its start on, before the list has it', async () => {
    const temporal = laggingTemporal();
    const desk = deskOn(temporal);
    await listener(desk);
    temporal.now(awaitingCode('1'));
    await desk.refresh('1');
    await pass(6);
    expect(await listed(desk)).toHaveLength(1);
  });

  test('is looked at once it is asked for, where nobody looked when the message went through', async () => {
    const temporal = laggingTemporal();
    temporal.now(awaitingCode('1'));
    temporal.catchUp();
    const desk = deskOn(temporal);
    temporal.now(awaitingCode('1', { card: { claim: claimedBy('ana') } }));
    await desk.refresh('1');
    expect((await listed(desk))[0]?.claim?.by).toBe('ana');
    expect(temporal.calls.describe).toBe(1);
  });

  test('shows what it has published where no worker answers', async () => {
    const temporal = laggingTemporal();
    const desk = deskOn(temporal);
    await listener(desk);
    temporal.workerAnswers(false);
    temporal.now(awaitingCode('1', { card: { claim: claimedBy('ana') } }));
    await desk.refresh('1');
    expect((await listed(desk))[0]?.claim?.by).toBe('ana');
  });

  test('shows what it has published while a slow worker takes its time, and what it says after that', async () => {
    const temporal = laggingTemporal();
    temporal.now(awaitingCode('1'));
    temporal.catchUp();
    const desk = deskOn(temporal);
    const { events } = await listener(desk);
    temporal.workerTakes(5_000);
    temporal.now(awaitingCode('1', { card: { claim: claimedBy('ana') } }), {
      stage: 'Registering',
    });
    void desk.refresh('1');
    const shown = () =>
      events.flatMap((event) =>
        event.event === 'onboarding' ? [`${event.data.stage} ${event.data.claim?.by}`] : [],
      );
    await pass(0.9);
    expect(shown()).toEqual([]);
    await pass(0.2);
    expect(shown()).toEqual(['AwaitingCode ana']);
    await pass(4);
    expect(shown()).toEqual(['AwaitingCode ana', 'Registering ana']);
  });

  test('goes on being shown as it was last heard of where the worker has left since', async () => {
    const temporal = laggingTemporal();
    temporal.now(awaitingCode('1'));
    temporal.catchUp();
    const desk = deskOn(temporal);
    await listener(desk);
    temporal.now(awaitingCode('1'), { stage: 'Registering' });
    await desk.refresh('1');
    temporal.workerAnswers(false);
    await pass(9);
    expect((await listed(desk))[0]?.stage).toBe('Registering');
  });

  test('is looked at again when Temporal answers again', async () => {
    const temporal = laggingTemporal();
    temporal.now(awaitingCode('1'));
    temporal.catchUp();
    const desk = deskOn(temporal);
    const { events } = await listener(desk);
    temporal.fail(new Error('no Temporal'));
    await desk.refresh('1');
    temporal.fail(undefined);
    temporal.now(awaitingCode('1', { card: { claim: claimedBy('ana') } }));
    await pass(3);
    expect(heldBy(events)).toEqual(['ana']);
  });

  test('is not looked at for ever where Temporal lists it and does not describe it', async () => {
    const temporal = laggingTemporal();
    temporal.now(awaitingCode('1'));
    temporal.catchUp();
    temporal.failToDescribe();
    const desk = deskOn(temporal);
    await listener(desk);
    await desk.refresh('1');
    await pass(120);
    const before = temporal.calls.describe;
    expect(before).toBeGreaterThan(10);
    await pass(120);
    expect(temporal.calls.describe).toBe(before);
  });

  test('is looked at once more where a message came while a look was under way', async () => {
    const temporal = laggingTemporal();
    temporal.now(awaitingCode('1'));
    temporal.catchUp();
    const desk = deskOn(temporal);
    await listener(desk);
    await Promise.all([desk.refresh('1'), desk.refresh('1'), desk.refresh('1'), desk.refresh('1')]);
    expect(temporal.calls.describe).toBe(2);
  });
});

describe('a number whose PIN is rotated', () => {
  const rotating = (id: string, stage: 'Securing' | 'Parked') =>
    awaitingCode(id, { operation: 'rotatePin', stage });

  test('is not shown while that needs nobody, also right after it was asked for', async () => {
    const temporal = laggingTemporal();
    const desk = deskOn(temporal);
    expect(await listed(desk)).toEqual([]);
    temporal.now(rotating('1', 'Securing'));
    await desk.refresh('1');
    expect(await listed(desk)).toEqual([]);
    const { events } = await listener(desk);
    await pass(30);
    expect(events).toMatchObject([{ event: 'connection' }]);
  });

  test('is shown where it is parked, and not once it goes on, before the list tells of either', async () => {
    const temporal = laggingTemporal();
    const desk = deskOn(temporal);
    await listed(desk);
    temporal.now(rotating('1', 'Parked'));
    await desk.refresh('1');
    expect(await listed(desk)).toMatchObject([
      { phoneNumberId: '1', operation: 'rotatePin', stage: 'Parked' },
    ]);
    temporal.catchUp();
    await pass(3);
    temporal.now(rotating('1', 'Parked'), { stage: 'Securing' });
    await desk.refresh('1');
    expect(await listed(desk)).toEqual([]);
    temporal.now(rotating('1', 'Securing'));
    temporal.catchUp();
    await pass(10);
    expect(await listed(desk)).toEqual([]);
  });

  test('shows what it says of itself where it has parked and Temporal does not know yet', async () => {
    const temporal = laggingTemporal();
    const desk = deskOn(temporal);
    await listed(desk);
    temporal.now(rotating('1', 'Securing'), { operation: 'rotatePin', stage: 'Parked' });
    await desk.refresh('1');
    expect(await listed(desk)).toMatchObject([{ phoneNumberId: '1', stage: 'Parked' }]);
  });
});

test('numbers that keep moving are looked at rarely in the end, and few at a time', async () => {
  const temporal = laggingTemporal();
  const ids = Array.from({ length: 100 }, (_, index) => `${index}`);
  for (const id of ids) temporal.now(awaitingCode(id), { stage: 'Registering' });
  temporal.catchUp();
  const desk = deskOn(temporal);
  await listener(desk);
  await Promise.all(ids.map((id) => desk.refresh(id)));
  await pass(2);
  const atFirst = temporal.calls.describe;
  await pass(1);
  expect(temporal.calls.describe - atFirst).toBe(20);
  await pass(1_800);
  const before = temporal.calls.describe;
  await pass(3_600);
  const looksInAnHour = temporal.calls.describe - before;
  expect(looksInAnHour).toBeGreaterThan(100);
  expect(looksInAnHour).toBeLessThanOrEqual(700); // one in ten minutes for each
});
