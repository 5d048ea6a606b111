import { expect, test } from 'vitest';
import { ApiRefusal } from '../../client/console/api-answers.js';
import type { ReadyLine } from '../../client/console/bulk-lines.js';
import { type LineOutcome, runBulk } from '../../client/console/bulk-run.js';

const line = (number: number, code: string): ReadyLine => ({
  line: number,
  text: '',
  phoneNumberId: `10654035224200${number}`,
  title: `Number ${number}`,
  code,
});

const limited = (retryAfterMs?: number) =>
  new ApiRefusal(
    { type: 'urn:wa-onboard:too-many-requests', title: 'Later', status: 429 },
    retryAfterMs,
  );

function recorded() {
  const outcomes: [number, string][] = [];
  const pauses: number[] = [];
  return {
    outcomes,
    pauses,
    onOutcome: (number: number, outcome: LineOutcome) => {
      outcomes.push([number, outcome.state]);
    },
    pause: async (ms: number) => {
      pauses.push(ms);
    },
  };
}

test('codes are sent one after the other, in their order, and none outlives its sending', async () => {
  const lines = [line(1, '111111'), line(2, '222222')];
  const sent: string[] = [];
  let inFlight = 0;
  const { outcomes, onOutcome, pause } = recorded();
  await runBulk(lines, {
    onOutcome,
    pause,
    stopped: () => false,
    async submit(_, code) {
      inFlight += 1;
      expect(inFlight).toBe(1);
      await Promise.resolve();
      inFlight -= 1;
      sent.push(code);
      return { verdict: 'verified' };
    },
  });
  expect(sent).toEqual(['111111', '222222']);
  expect(outcomes).toEqual([
    [1, 'sending'],
    [1, 'answered'],
    [2, 'sending'],
    [2, 'answered'],
  ]);
  expect(lines).toEqual([]);
});

test('a line that the rate limit puts off is sent again when it may be', async () => {
  const { outcomes, pauses, onOutcome, pause } = recorded();
  let requests = 0;
  await runBulk([line(1, '111111')], {
    onOutcome,
    pause,
    stopped: () => false,
    async submit() {
      requests += 1;
      if (requests === 1) throw limited(7_000);
      return { verdict: 'verified' };
    },
  });
  expect(pauses).toEqual([7_000]);
  expect(outcomes.map(([, state]) => state)).toEqual(['sending', 'pausing', 'sending', 'answered']);
});

test('a rate limit without end is told instead of waited for', async () => {
  const { outcomes, onOutcome, pause } = recorded();
  await runBulk([line(1, '111111')], {
    onOutcome,
    pause,
    stopped: () => false,
    submit: () => Promise.reject(limited()),
  });
  expect(outcomes.at(-1)).toEqual([1, 'notSent']);
});

test('a refusal of one line does not hold up the others', async () => {
  const { outcomes, onOutcome, pause } = recorded();
  await runBulk([line(1, '111111'), line(2, '222222')], {
    onOutcome,
    pause,
    stopped: () => false,
    submit: (id) =>
      id.endsWith('1')
        ? Promise.reject(new Error('The number has no onboarding.'))
        : Promise.resolve({ verdict: 'verified' }),
  });
  expect(outcomes).toContainEqual([1, 'notSent']);
  expect(outcomes.at(-1)).toEqual([2, 'answered']);
});

test('what was not sent when somebody stops is not sent', async () => {
  const { outcomes, onOutcome, pause } = recorded();
  const sent: string[] = [];
  const lines = [line(1, '111111'), line(2, '222222'), line(3, '333333')];
  await runBulk(lines, {
    onOutcome,
    pause,
    stopped: () => sent.length === 1,
    async submit(_, code) {
      sent.push(code);
      return { verdict: 'verified' };
    },
  });
  expect(sent).toEqual(['111111']);
  expect(outcomes.slice(-2)).toEqual([
    [2, 'notSent'],
    [3, 'notSent'],
  ]);
  expect(lines).toEqual([]);
});
