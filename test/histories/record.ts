/**
 * Records the histories that `replay.test.ts` replays, each on a real server: `npm run record-histories`. Needed when a change
 * of the workflow is meant to change them, and no run of the former version is left open.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PinStore } from '../../activities/pin-store/pin-store.js';
import type { Secret } from '../../activities/secret.js';
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
      const played = await play(stage);
      const { temporal, simulator, pinStore } = stage[on];
      const workflowId = typeof played === 'string' ? workflowIdOf(played) : played.workflowId;
      const run = temporal.workflow.getHandle(workflowId);
      const history = await run.fetchHistory();
      expect(endingOf(history)).toBe(ending);
      if (ending === 'open') await run.terminate('It is recorded.');

      const text = historyText(history);
      for (const pin of await pinsIn(pinStore)) {
        expect(holdsWord(text, pin.reveal()), 'a PIN in the history').toBe(false);
      }
      expect(text).not.toContain(simulator.token);
      writeFileSync(fileOf(name), `${historyToJSON(history).replaceAll(ROOT, '')}\n`);
    },
  );
});

async function pinsIn(pinStore: PinStore): Promise<Secret[]> {
  const pins: Secret[] = [];
  for await (const { phoneNumberId } of pinStore.list()) {
    const { versions = [] } = (await pinStore.backUp(phoneNumberId)) ?? {};
    pins.push(...versions.map(({ pin }) => pin));
  }
  return pins;
}

function endingOf({ events }: History): Scenario['ending'] {
  const last = events?.at(-1);
  if (last?.workflowExecutionCompletedEventAttributes) return 'completed';
  if (last?.workflowExecutionFailedEventAttributes) return 'failed';
  return last?.workflowExecutionCanceledEventAttributes ? 'canceled' : 'open';
}
