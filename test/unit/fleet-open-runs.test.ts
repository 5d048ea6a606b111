import { expect, test } from 'vitest';
import { OPERATIONS, STAGE, WORKFLOW_ID } from '../../activities/fleet/open-runs.js';
import { NUMBER_OPERATIONS, SEARCH_ATTRIBUTES, workflowIdOf } from '../../workflows/messages.js';

test('open runs are looked for by the names that the contract has for them', () => {
  expect(OPERATIONS).toEqual(NUMBER_OPERATIONS);
  expect(STAGE).toEqual(SEARCH_ATTRIBUTES.stage);
  expect(WORKFLOW_ID.exec(workflowIdOf('106540352242922'))?.[1]).toBe('106540352242922');
});
