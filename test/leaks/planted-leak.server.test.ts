/** The search that follows each crash test is worth something only if it fails where a real run leaks. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, onTestFinished, test } from 'vitest';
import { Secret } from '../../activities/secret.js';
import { workflowIdOf } from '../../workflows/messages.js';
import { compileWorker } from '../crash/killable-worker.js';
import { openScene } from '../crash/scene.js';

const PIN = '739214';

test('a PIN that a run puts everywhere is found everywhere', { timeout: 180_000 }, async () => {
  const scene = await openScene({
    worker: await compileWorker(),
    temporal: inject('temporal'),
    // Metrics and debug logs name the task queue.
    taskQueue: `leaks-${Date.now()}-x${PIN}x`,
  });
  onTestFinished(() => scene.close());
  const { client } = scene;
  const id = scene.number({ preset: 'verified' });
  await scene.pinStore.stage(id, {}, () => new Secret(PIN));
  await writeFile(join(scene.folder, 'notes.txt'), Buffer.from(PIN).toString('base64'));
  await client.start({
    phoneNumberId: id,
    label: `Desk 739-214`,
    requestedBy: Buffer.from(PIN).toString('hex'),
  });
  await scene.startWorker({ logLevel: 'debug' });
  const result = await client.result(id);
  const run = client.temporal.workflow.getHandle(workflowIdOf(id));
  const error = await run.signal(`PIN-${PIN}`).catch((caught: unknown) => caught);
  const { leaks } = await scene.scan([
    { ...result, pin: PIN },
    new Error('no', { cause: PIN }),
    error,
  ]);

  expect(new Set(leaks.map(({ canary }) => canary))).toEqual(new Set([`PIN of ${id}`]));
  const where = leaks.map((leak) => leak.where);
  const found = (place: string | RegExp) => where.filter((each) => each.match(place) !== null);
  for (const place of [
    `history of ${id}: events.0.workflowExecutionStartedEventAttributes.input`,
    `history of ${id}: events.0.workflowExecutionStartedEventAttributes.searchAttributes`,
    `history of ${id}: events.0.userMetadata.summary`,
    `description of ${id}: executionConfig.userMetadata.details`,
    `progress of ${id}: label`,
    'visibility rows: 0.searchAttributes',
    'file notes.txt',
    'log of worker 1',
    'metrics of worker 1',
    'what caller 1 got',
    'what caller 2 got: cause',
  ]) {
    expect(found(place), `${place} in ${where.join('\n')}`).not.toEqual([]);
  }
  await expect(scene.expectNoLeaks()).rejects.toThrow();
});
