import { expect, test } from 'vitest';
import { createPace } from '../../activities/graph-api/pace.js';
import type { RequestLogEntry } from '../../simulator/simulator.js';
import { workflowIdOf } from '../../workflows/messages.js';
import { endState, eventsOf, liveAfter, progressWhere } from './end-state.js';
import { codeAwaited, progressNow, type Stack, stackForTest, until } from './stack.js';

const HOUR = 3_600_000;
const OWN_CAP = 'This worker has used up its own cap';

/** The most requests in any span of time beyond what the cap lets out in that time. */
function mostBeyond(callsPerHour: number, requests: readonly RequestLogEntry[]): number {
  const arrivals = requests.map(({ at }) => at);
  return Math.max(
    ...arrivals.flatMap((first, from) =>
      arrivals
        .slice(from)
        .map((last, between) => between + 1 - ((last - first) * callsPerHour) / HOUR),
    ),
  );
}

/** Does the run say, where an operator looks, that the cap holds it up? */
async function showsTheCap({ temporal, client }: Stack, id: string): Promise<boolean> {
  const { raw } = await temporal.workflow.getHandle(workflowIdOf(id)).describe();
  const pending = raw.pendingActivities ?? [];
  if (pending.some(({ lastFailure }) => lastFailure?.message?.includes(OWN_CAP))) return true;
  const progress = await progressNow(client, id);
  return progress?.waiting !== undefined && (progress.problem?.text.includes(OWN_CAP) ?? false);
}

test.each([
  ['a happy run', 'fresh', { reads: 4, writes: 4, subscribedApps: 1 }],
  [
    'a run that learns only from register that a code is needed',
    'expiredVerification',
    { reads: 5, writes: 5, subscribedApps: 1 },
  ],
] as const)(
  '%s makes no more calls to Meta than the quota is reckoned by',
  async (_, preset, most) => {
    const stack = await stackForTest({ wabaId: '102290129340398' });
    const id = stack.number({ preset });
    await stack.start(id);
    await stack.client.submitCode(id, await codeAwaited(stack, id));
    expect((await stack.client.result(id)).outcome).toBe('live');
    const called = stack.simulator.requests.map(({ endpoint }) => endpoint);
    const reads = called.filter((endpoint) => endpoint === 'read').length;
    const subscribedApps = called.filter((endpoint) => endpoint === 'subscribedApps').length;
    expect({ reads, writes: called.length - reads - subscribedApps, subscribedApps }).toEqual(most);
  },
);

test('thirty runs under a tight cap all get through, at the cap’s pace, and show what they wait for', async () => {
  const pace = createPace(10 * 3600);
  const stack = await stackForTest({ pace });
  const toRegister = Array.from({ length: 10 }, () => stack.number({ preset: 'verified' }));
  const toVerify = Array.from({ length: 20 }, () => stack.number());
  const ids = [...toRegister, ...toVerify];
  await Promise.all(ids.map((id) => stack.start(id)));
  await until('a run to show that it waits for the cap', async () => {
    const shown = await Promise.all(ids.map((id) => showsTheCap(stack, id)));
    return shown.includes(true);
  });
  const outcomes = await Promise.all(toRegister.map((id) => stack.client.result(id)));
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(toRegister.map(() => 'live'));
  await Promise.all(toVerify.map((id) => codeAwaited(stack, id)));

  // What was let out within a second may arrive together when the machine is busy.
  const bunched = 10;
  const { requests } = stack.simulator;
  expect(requests.length).toBeGreaterThanOrEqual(20 * 3 + 10 * 6);
  expect(mostBeyond(pace.callsPerHour, requests)).toBeLessThanOrEqual(pace.burst + bunched);
  for (const id of toRegister) {
    expect(await endState(stack, id)).toEqual(liveAfter('register', 'setPin'));
  }
  await Promise.all(toVerify.map((id) => stack.client.cancel(id)));
});

test('a code that the cap holds back is handed over after a visible wait, and a register held back does not count', async () => {
  let at = 0;
  const pace = createPace(3_000, { now: () => at, random: () => 0 });
  const stack = await stackForTest({ pace });
  const id = stack.number();
  await stack.start(id);
  const code = await codeAwaited(stack, id);
  for (let left = true; left; ) left = pace.ask('setPin', 'another number').granted;

  await stack.client.submitCode(id, code);
  const holdingTheCode = await progressWhere(
    stack,
    id,
    'the code to be held back',
    ({ waiting }) => waiting?.for.includes('to hand it the code') ?? false,
  );
  expect(holdingTheCode.problem).toMatchObject({
    text: `${OWN_CAP} of 3000 calls to Meta per hour.`,
    advice: expect.stringMatching(/^Nothing to do/),
  });
  at += 2 * 1_200; // lets out the two writes that wait, and no read before a register

  const holdingTheRegister = await progressWhere(
    stack,
    id,
    'the register to be held back',
    ({ waiting }) => waiting?.for.includes('to register') ?? false,
  );
  expect(holdingTheRegister.budget.register.used).toBe(0);
  at += HOUR;

  const result = await stack.client.result(id);
  expect(result.outcome).toBe('live');
  expect(await endState(stack, id)).toEqual(
    liveAfter('requestCode', 'verifyCode', 'register', 'setPin'),
  );
  expect((await stack.client.progress(id)).budget.register.used).toBe(1);
  const events = await eventsOf(stack.temporal.workflow.getHandle(workflowIdOf(id)));
  const failed = events.flatMap(
    ({ activityTaskFailedEventAttributes: attributes }) =>
      attributes?.failure?.applicationFailureInfo?.type ?? [],
  );
  expect(failed).toEqual(['NothingSent.RateLimited', 'NothingSent.RateLimited']);
});
