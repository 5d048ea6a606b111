/** The driver stands in for Temporal; these are the promises it makes for it. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, inject, test } from 'vitest';
import { modelCase } from './cases/arbitrary-case.js';
import type { Command } from './cases/case.js';
import { caseOf, faultOf, RIGHT_CODE } from './cases/case-of.js';
import { play } from './cases/play.js';

const code = () => readFileSync(inject('workflowBundlePath'), 'utf8');
const FIVE_SECONDS = { ms: 5_000 };

test('the same case happens the same way each time', async () => {
  for (const each of fc.sample(modelCase, { seed: 7, numRuns: 25 })) {
    const [first, again] = [await play(each, code()), await play(each, code())];
    expect(again.story()).toBe(first.story());
  }
});

describe('a run', () => {
  test('goes through all steps and ends completed', async () => {
    const { endings, story } = await play(caseOf([{ do: 'start' }, RIGHT_CODE]), code());
    expect(endings).toEqual(['completed']);
    expect(requestsIn(story())).toEqual([
      'read',
      'read',
      'requestCode',
      'verifyCode',
      'read',
      'register',
      'setPin',
      'read',
      'subscribedApps',
    ]);
  });

  test('is refused while another one of the number is open', async () => {
    const { endings } = await play(caseOf([{ do: 'start' }, { do: 'start' }, RIGHT_CODE]), code());
    expect(endings).toEqual(['completed']);
  });

  test('that is cancelled while it waits for a code ends canceled', async () => {
    const { endings } = await play(caseOf([{ do: 'start' }, { do: 'cancel' }]), code());
    expect(endings).toEqual(['canceled']);
  });

  test('that is terminated is gone at once, and its request goes on', async () => {
    const terminated = caseOf([
      { afterMs: 0, command: faultOf('slow', 'requestCode', FIVE_SECONDS) },
      { afterMs: 0, command: { do: 'start' } },
      { afterMs: 2_000, command: { do: 'terminate' } },
      { afterMs: 1_000, command: { do: 'wait' } },
    ]);
    const { endings, story } = await play(terminated, code());
    expect(endings).toEqual(['terminated']);
    expect(story()).toMatch(/request requestCode .* executed slow until \+5/);
  });
});

describe('a worker that is killed', () => {
  test('loses the attempt in flight; Temporal gives it up after its timeout', async () => {
    const killed = caseOf([
      { afterMs: 0, command: faultOf('slow', 'requestCode', FIVE_SECONDS) },
      { afterMs: 0, command: { do: 'start' } },
      { afterMs: 2_000, command: { do: 'killWorker', downMs: 1_000 } },
    ]);
    const { story } = await play(killed, code());
    expect(story()).toMatch(/10:00:4[0-9].* activity 3 activity START_TO_CLOSE timeout/);
  });

  test('leaves a run that goes on from its history', async () => {
    const commands: Command[] = [{ do: 'start' }, { do: 'killWorker', downMs: 500 }, RIGHT_CODE];
    expect((await play(caseOf(commands), code())).endings).toEqual(['completed']);
  });

  test('has a local activity begun again by the next worker', async () => {
    const killed = caseOf([
      { afterMs: 0, command: faultOf('slow', 'read', FIVE_SECONDS) },
      { afterMs: 0, command: { do: 'start' } },
      { afterMs: 1_500, command: { do: 'killWorker', downMs: 500 } },
      { afterMs: 60_000, command: RIGHT_CODE },
    ]);
    const { endings, story } = await play(killed, code());
    expect(endings).toEqual(['completed']);
    expect(requestsIn(story()).slice(0, 3)).toEqual(['read', 'read', 'read']);
  });
});

test('a code that comes while the run ends is taken in before the end', async () => {
  const late = caseOf([
    { afterMs: 0, command: faultOf('slow', 'subscribedApps', FIVE_SECONDS) },
    { afterMs: 0, command: { do: 'start' } },
    RIGHT_CODE,
    { afterMs: 2_500, command: { do: 'submit', code: 'wrong', how: 'signal', twice: false } },
  ]);
  const { endings, story } = await play(late, code());
  expect(endings).toEqual(['completed']);
  expect(story()).toMatch(/signal submitCode/);
});

test('a code request that a killed worker may have sent is not repeated by itself', async () => {
  const killed = caseOf([
    { afterMs: 0, command: { do: 'start' } },
    { afterMs: 1_300, command: { do: 'killWorker', downMs: 1_000 } },
  ]);
  const { story } = await play(killed, code());
  expect(requestsIn(story()).filter((each) => each === 'requestCode').length).toBeLessThan(2);
});

function requestsIn(story: string): string[] {
  return [...story.matchAll(/ {2}request (\w+) /g)].map(([, endpoint = '']) => endpoint);
}
