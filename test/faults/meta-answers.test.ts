import { access } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { VERDICTS, verdictRowOf } from '../../activities/graph-api/verdicts.js';
import { stackForFile } from '../workflow/stack.js';
import { meet } from './answer-runs.js';
import { META_ANSWERS, type MetaAnswer, rowOf } from './meta-answers.js';
import { REACTIONS } from './reactions.js';
import { BUSY_AT_A_TIME, turns } from './turns.js';

const the = stackForFile();

/** Most of it is waiting for runs that wait. */
const LONGEST_MS = 180_000;

const runs = new Map<MetaAnswer, Promise<void>>();

beforeAll(() => {
  const inTurn = turns(BUSY_AT_A_TIME);
  for (const answer of META_ANSWERS) {
    const begin = () => meet(the.stack, answer);
    // Those that wait some seconds for Meta are idle, so they need no turn.
    const run = answer.does === 'again' ? begin() : inTurn(begin);
    run.catch(() => undefined); // its own test reports it
    runs.set(answer, run);
  }
});

const titleOf = ({ at, code, subcode, status, transient, details, headers, does }: MetaAnswer) =>
  [
    `${code}${subcode === undefined ? '' : `/${subcode}`}`,
    ...(status === undefined ? [] : [`with HTTP ${status}`]),
    ...(transient === undefined ? [] : ['that passes']),
    ...(details === undefined ? [] : [`saying “${details}”`]),
    ...(headers === undefined ? [] : [`with ${Object.keys(headers)}`]),
    `at ${at}: ${does}`,
  ].join(' ');

describe('an answer of Meta', { timeout: LONGEST_MS }, () => {
  test.each(META_ANSWERS.map((answer) => [titleOf(answer), answer] as const))(
    '%s',
    async (_, answer) => {
      await runs.get(answer);
    },
  );
});

describe('the table of answers', () => {
  const isTransient = false;
  const unknownRows = [400, 500].map((httpStatus) =>
    verdictRowOf('register', { code: -2, text: '', isTransient, httpStatus }),
  );

  test('has each row of the verdict table at least once, the two for unknown errors too', () => {
    const met = new Set(META_ANSWERS.map(rowOf));
    const missing = [...VERDICTS, ...unknownRows].filter((row) => !met.has(row));
    expect(missing).toEqual([]);
  });

  test('has each code that the verdict table names, both ends of a range', () => {
    const unmet = VERDICTS.flatMap((row) =>
      row.codes
        .flat()
        .filter((code) => code > -1 && code < Number.MAX_SAFE_INTEGER)
        .filter((code) => !META_ANSWERS.some((each) => rowOf(each) === row && each.code === code)),
    );
    expect(unmet).toEqual([]);
  });

  test('has each subcode that the verdict table names', () => {
    const unmet = VERDICTS.flatMap(({ subcodes = [] }) => subcodes).filter(
      (subcode) => !META_ANSWERS.some((each) => each.subcode === subcode),
    );
    expect(unmet).toEqual([]);
  });

  test('names tests that exist where a wait is not waited out here', async () => {
    const named = new Set(META_ANSWERS.flatMap(({ coveredBy = [] }) => coveredBy));
    expect(named.size).toBeGreaterThan(0);
    await Promise.all([...named].map((path) => access(path)));
  });

  test('says of each answer what the page for operators says of its kind', () => {
    const others = META_ANSWERS.filter(
      (answer) => REACTIONS[rowOf(answer).verdict][answer.at] !== answer.does,
    );
    expect(others.map(titleOf)).toEqual([]);
  });

  test('has each kind of answer at each moment that the page for operators tells of', () => {
    const told = Object.entries(REACTIONS).flatMap(([verdict, moments]) =>
      Object.keys(moments).map((at) => `${verdict} at ${at}`),
    );
    const met = new Set(META_ANSWERS.map((each) => `${rowOf(each).verdict} at ${each.at}`));
    expect(told.filter((each) => !met.has(each))).toEqual([]);
  });
});
