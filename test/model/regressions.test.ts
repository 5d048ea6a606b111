/**
 * Cases in which the property failed once, each as small as it got and with what it found. Every invariant is looked at in
 * each of them, as in the property.
 */
import { readFileSync } from 'node:fs';
import { expect, inject, test } from 'vitest';
import type { ModelCase } from './cases/case.js';
import { caseOf, faultOf } from './cases/case-of.js';
import { play } from './cases/play.js';

const HOUR = 3_600_000;

const played = (each: ModelCase) => play(each, readFileSync(inject('workflowBundlePath'), 'utf8'));

test('a look that meets a rate limit does not put the run to sleep invisibly', async () => {
  const { endings } = await played(
    caseOf([faultOf('error', 'read', { error: { code: 4 } }), { do: 'start' }]),
  );
  expect(endings).toEqual(['CodeDeadlinePassed']);
});

test('a wait for a code is not shown any more once the number was found verified at the deadline', async () => {
  const { endings } = await played(caseOf([{ do: 'start' }, { do: 'world', change: 'verified' }]));
  expect(endings).toEqual(['completed']);
});

test('an operator’s retry registers a number again that was deregistered while its run was parked', async () => {
  const { endings } = await played(
    caseOf(
      [
        faultOf('error', 'register', { error: { code: 133006 }, times: 2 }),
        faultOf('error', 'setPin', { error: { code: 100, details: 'Not now.' } }),
        { do: 'start' },
        { do: 'retry' },
        { do: 'world', change: 'deregistered' },
      ],
      { number: { preset: 'verified' }, helped: true },
    ),
  );
  expect(endings[0]).toBe('completed');
});

test('a number that somebody deregistered before the last look is not called registered', async () => {
  const { endings, results } = await played(
    caseOf(
      [
        {
          do: 'storeFault',
          fault: { kind: 'successFalse', method: 'promote', times: 3, probability: 1, ms: 0 },
        },
        { do: 'start' },
        { do: 'world', change: 'deregistered' },
        { afterMs: 3 * HOUR, command: { do: 'retry' } },
      ],
      { number: { preset: 'verified' } },
    ),
  );
  expect(endings).toEqual(['completed']);
  expect(results[0]?.summary).not.toMatch(/^The number is registered/);
});
