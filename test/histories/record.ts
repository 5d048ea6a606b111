/**
 * Records the histories that `replay.test.ts` replays, each on a real server: `npm run record-histories`. Needed when a change
 * of the workflow is meant to change them, and no run of the former version is left open.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { workflowIdOf } from '../../workflows/messages.js';
import { type History, historyText, holdsWord } from './history-text.js';
import { fileOf, recordedNames } from './recorded-files.js';
import type { Scenario } from './scenario.js';
import { SCENARIOS } from './scenarios.js';
import { openStage, type Stage } from './stage.js';

/** Stack traces name files; where they lie on this machine is nobody's business. */
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

let stage: Stage;
beforeAll(async () => {
  for (const name of recordedNames()) rmSync(fileOf(name));
  stage = await openStage();
});
afterAll(() => stage.close());

describe.concurrent('records', () => {
  test.for(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))(
    '%s',
    async ([name, { play, ending, on = 'strict' }]) => {
      const id = await play(stage);
      const { temporal, simulator, pinStore } = stage[on];
      const run = temporal.workflow.getHandle(workflowIdOf(id));
      const history = await run.fetchHistory();
      expect(endingOf(history)).toBe(ending);
      if (ending === 'open') await run.terminate('It is recorded.');

      const text = historyText(history);
      const versions = Object.values((await pinStore.describe(id))?.versions ?? {});
      for (const { version } of versions) {
        const { pin } = await pinStore.read(id, version);
        expect(holdsWord(text, pin.reveal()), 'a PIN in the history').toBe(false);
      }
      expect(text).not.toContain(simulator.token);
      writeFileSync(fileOf(name), `${historyToJSON(history).replaceAll(ROOT, '')}\n`);
    },
  );
});

function endingOf({ events }: History): Scenario['ending'] {
  const last = events?.at(-1);
  if (last?.workflowExecutionCompletedEventAttributes) return 'completed';
  if (last?.workflowExecutionFailedEventAttributes) return 'failed';
  return last?.workflowExecutionCanceledEventAttributes ? 'canceled' : 'open';
}
