/**
 * Runs that were recorded earlier are replayed on the code as it is now. A run that is open while a new version is deployed
 * goes on with the new code, which must then do what the history says was done.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { bundleWorkflowCode, DefaultLogger, type ReplayResult, Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { VERDICTS } from '../../activities/graph-api/verdicts.js';
import { historyText } from '../histories/history-text.js';
import { readRecorded, recordedNames } from '../histories/recorded-files.js';
import { SCENARIOS } from '../histories/scenarios.js';

const NAMES = recordedNames();

/** What may stand in a history with six digits: a code that somebody submitted, a wait, a time, and Meta's error codes. */
const CODE_OR_TIME = /"code":"[0-9]{6}"|"waitMs":[0-9]{6}|"nanos":[0-9]{6}/g;
const SIX_DIGITS = /(?<![0-9A-Za-z+.-])[0-9]{6}(?![0-9A-Za-z.-])/g;
const ERROR_CODES = new Set(VERDICTS.flatMap(({ codes }) => codes.flat()).map(String));

async function replayAll(codePath: string): Promise<Map<string, ReplayResult['error']>> {
  const results = new Map<string, ReplayResult['error']>();
  const histories = NAMES.map((name) => ({ workflowId: name, history: readRecorded(name) }));
  const options = { workflowBundle: { codePath } };
  for await (const { workflowId, error } of Worker.runReplayHistories(options, histories)) {
    results.set(workflowId, error);
  }
  return results;
}

test('every plan row and ending has a recorded history, and no other is kept', () => {
  expect(NAMES).toEqual(SCENARIOS.map(({ name }) => name).sort());
});

describe('a recorded history', () => {
  let results: Map<string, ReplayResult['error']>;
  beforeAll(async () => {
    results = await replayAll(inject('workflowBundlePath'));
  });

  test.for(NAMES)('replays on the present code: %s', (name) => {
    expect(results.has(name)).toBe(true);
    expect(results.get(name)).toBeUndefined();
  });

  test.for(NAMES)('holds no PIN, and says which features of the SDK it relies on: %s', (name) => {
    const history = historyFromJSON(readRecorded(name));
    const sixDigits = historyText(history).replaceAll(CODE_OR_TIME, '').match(SIX_DIGITS) ?? [];
    expect(sixDigits.filter((digits) => !ERROR_CODES.has(digits))).toEqual([]);
    const flags = history.events?.flatMap((event) => {
      const { sdkMetadata } = event.workflowTaskCompletedEventAttributes ?? {};
      return [...(sdkMetadata?.coreUsedFlags ?? []), ...(sdkMetadata?.langUsedFlags ?? [])];
    });
    expect(flags).not.toEqual([]);
  });
});

describe('a change that open runs cannot follow', () => {
  test('at the beginning of the workflow fails the replay of every history', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'onboarding-replay-'));
    try {
      const codePath = join(folder, 'changed.js');
      const { code } = await bundleWorkflowCode({
        workflowsPath: join(import.meta.dirname, 'changed-workflow.ts'),
        logger: new DefaultLogger('WARN'),
      });
      await writeFile(codePath, code);
      const results = await replayAll(codePath);
      const unnoticed = NAMES.filter(
        (name) => !(results.get(name) instanceof DeterminismViolationError),
      );
      expect(unnoticed).toEqual([]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test('late in the sequence fails the replay of a history that gets there', async () => {
    const tampered = JSON.stringify(readRecorded('not-verified')).replaceAll(
      '"storePin"',
      '"keepPin"',
    );
    await expect(
      Worker.runReplayHistory(
        { workflowBundle: { codePath: inject('workflowBundlePath') } },
        JSON.parse(tampered),
        'tampered',
      ),
    ).rejects.toThrow(DeterminismViolationError);
  });
});
