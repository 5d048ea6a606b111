/** What a support desk relies on, over hours and days of virtual time. */
import { readFileSync } from 'node:fs';
import { expect, inject, onTestFinished, test } from 'vitest';
import { MESSAGES, type OnboardingProgress } from '../../workflows/messages.js';
import type { Command, ModelCase } from './cases/case.js';
import { caseOf, faultOf } from './cases/case-of.js';
import { openScene } from './cases/open-scene.js';
import { payloadOf } from './cases/payloads.js';
import { perform } from './cases/perform.js';
import { actorsOf } from './cases/play.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

async function desk(more: Partial<Omit<ModelCase, 'commands'>>, ...before: Command[]) {
  const played = caseOf([], { notifies: true, ...more });
  const scene = await openScene(played, readFileSync(inject('workflowBundlePath'), 'utf8'));
  onTestFinished(() => scene.close());
  const { time, temporal, meta } = scene;
  const actors = actorsOf(scene, played);
  const newest = () => {
    const run = temporal.runs.at(-1);
    if (run === undefined) throw new Error('No run was started.');
    return run;
  };
  const the = {
    newest,
    now: () => time.now(),
    async does(command: Command) {
      time.instantly(perform(actors, command));
      await time.settle();
    },
    async signals(name: string, payload: object) {
      temporal.signal(name, payloadOf(payload));
      await time.settle();
    },
    async claims(by: string) {
      temporal.update(MESSAGES.claim, payloadOf({ by }));
      await time.pass(SECOND);
    },
    pass: (ms: number) => time.pass(ms, scene.lookAtIdleRun),
    async progress(): Promise<OnboardingProgress> {
      const progress = await temporal.progress(newest());
      if (progress === undefined) throw new Error('No worker answers.');
      return progress;
    },
    codesSent: () => meta.meta.codes(scene.phoneNumberId).length,
    events: () => newest().notifications.map(({ event }) => event),
  };
  for (const command of [...before, { do: 'start' } as const]) await the.does(command);
  await the.pass(MINUTE);
  return the;
}

const ready = (by = 'Ana') => [MESSAGES.agentReady, { requestedBy: by }] as const;

test('a first code that Meta would not send is not asked for a day later, when nobody is there: an agent is awaited anew', async () => {
  const the = await desk(
    { start: { startCode: 'whenAgentReady', codeDeadline: '3 days' } },
    faultOf('error', 'requestCode', { error: { code: 136024, subcode: 2388367 } }),
  );
  await the.signals(...ready());
  await the.pass(MINUTE);
  expect(await the.progress()).toMatchObject({
    stage: 'AwaitingAgent',
    waiting: { cure: expect.stringContaining('Meta may be asked from') },
  });
  await the.pass(25 * HOUR);
  expect(the.codesSent()).toBe(0);
  await the.signals(...ready());
  await the.pass(MINUTE);
  expect(the.codesSent()).toBe(1);
  expect(the.events()).toEqual(['code.needed', 'code.needed']);
});

test('an agent who was ready before a park is not taken to be there after it', async () => {
  const the = await desk(
    { start: { startCode: 'whenAgentReady' } },
    faultOf('error', 'requestCode', { error: { code: 10 } }),
  );
  await the.signals(...ready());
  await the.pass(MINUTE);
  expect((await the.progress()).stage).toBe('Parked');
  await the.pass(3 * DAY);
  await the.does({ do: 'retry' });
  await the.pass(MINUTE);
  expect((await the.progress()).stage).toBe('AwaitingAgent');
  expect(the.codesSent()).toBe(0);
});

test('a deadline that was moved after the agent was ready stays moved when the code is sent', async () => {
  const the = await desk(
    { start: { startCode: 'whenAgentReady', codeDeadline: '1 hour' } },
    faultOf('slow', 'requestCode', { ms: 5 * SECOND }),
  );
  await the.signals(...ready());
  await the.pass(2 * SECOND);
  await the.signals(MESSAGES.extend, { by: '3 days' });
  await the.pass(10 * SECOND);
  expect(the.codesSent()).toBe(1);
  const { waiting } = await the.progress();
  expect(Date.parse(waiting?.until ?? '') - the.now()).toBeGreaterThan(3 * DAY);
});

test('an agent who is ready right before the deadline has the whole time for the code', async () => {
  const the = await desk(
    { start: { startCode: 'whenAgentReady', codeDeadline: '1 hour' } },
    faultOf('slow', 'requestCode', { ms: 5 * SECOND }),
  );
  await the.pass(59 * MINUTE - 3 * SECOND);
  await the.signals(...ready());
  await the.pass(MINUTE);
  const { stage, waiting } = await the.progress();
  expect(stage).toBe('AwaitingCode');
  expect(Date.parse(waiting?.until ?? '') - the.now()).toBeGreaterThan(50 * MINUTE);
});

test('an agent who is ready while the number is read at the deadline is in time', async () => {
  const the = await desk({ start: { startCode: 'whenAgentReady', codeDeadline: '1 hour' } });
  const { waiting } = await the.progress();
  await the.does(faultOf('slow', 'read', { ms: 3 * SECOND }));
  await the.pass(Date.parse(waiting?.until ?? '') - the.now() + SECOND);
  await the.signals(...ready());
  await the.pass(MINUTE);
  expect((await the.progress()).stage).toBe('AwaitingCode');
  expect(the.codesSent()).toBe(1);
});

test('moving the deadline late reminds nobody at once, and a reminder tells the deadline as it is', async () => {
  const the = await desk({ start: { codeDeadline: '24 hours' } });
  await the.pass(23 * HOUR);
  const reminded = () =>
    the.newest().notifications.filter(({ reminder }) => reminder === 'deadline');
  expect(reminded()).toHaveLength(1);
  await the.signals(MESSAGES.extend, { by: '1 hour' });
  await the.pass(MINUTE);
  expect(reminded()).toHaveLength(1);
  await the.signals(MESSAGES.extend, { by: '7 days' });
  await the.pass(5 * DAY);
  expect(reminded()).toHaveLength(2);
  expect(reminded().at(-1)?.until).toBe((await the.progress()).waiting?.until);
});

test('lists do not say that a code is awaited while Meta takes its time to connect a verified number', async () => {
  const the = await desk({ number: { preset: 'fresh', connectsAfterMs: 30 * MINUTE } });
  await the.does({ do: 'submit', code: 'right', how: 'update', twice: false, by: 'Ana' });
  await the.pass(2 * MINUTE);
  const { stage, waiting } = await the.progress();
  expect(the.newest().stageAttribute).toBe(stage);
  expect(stage).not.toBe('AwaitingCode');
  expect(the.newest().card?.waiting?.for).toBe(waiting?.for);
});

test('a claim that has ended does not come back with a late code of its holder', async () => {
  const the = await desk({});
  await the.claims('Ana');
  const { claim } = await the.progress();
  await the.pass(2 * HOUR);
  await the.signals(MESSAGES.submitCode, { code: '111111', submittedBy: 'Ana' });
  await the.pass(MINUTE);
  expect((await the.progress()).claim).toEqual(claim);
});

test.each([
  [MESSAGES.resendCode, {}],
  [MESSAGES.agentReady, { startCode: 'whenAgentReady' as const }],
])(
  '%s from anybody but the holder is ignored while a claim lasts: it would make the holder’s code useless',
  async (signal, start) => {
    const the = await desk({ start });
    await the.claims('Ana');
    const before = the.codesSent();
    await the.pass(3 * MINUTE);
    await the.signals(signal, { requestedBy: 'Ben' });
    await the.pass(MINUTE);
    expect(the.codesSent()).toBe(before);
    expect((await the.progress()).ignored?.reason).toMatch(/^Ana has taken/);
    await the.signals(signal, { requestedBy: 'Ana' });
    await the.pass(MINUTE);
    expect(the.codesSent()).toBe(before + 1);
  },
);

test('a run that is cancelled while it undoes what it did says so in its last notification', async () => {
  const the = await desk(
    { number: { preset: 'verified' }, start: { onPinRefused: 'compensate' } },
    faultOf('error', 'setPin', { error: { code: 100, details: 'Not now.' } }),
    faultOf('slow', 'deregister', { ms: 10 * SECOND, forMs: 30 * DAY }),
  );
  const { waiting } = await the.progress();
  await the.pass(Date.parse(waiting?.until ?? '') - the.now() + 3 * SECOND);
  await the.does({ do: 'cancel' });
  await the.pass(MINUTE);
  expect(the.newest().end?.kind).toBe('canceled');
  expect(the.newest().notifications.at(-1)?.failureType).toBe('Cancelled');
});
