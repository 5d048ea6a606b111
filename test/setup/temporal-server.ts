/**
 * What every test that needs Temporal shares: one dev server in memory, the workflow bundle, and the path of the CLI for
 * tests that start a server of their own. A missing part fails the whole run with the sentence that says what to install.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { programPlaces } from '../../configuration/program-places.js';
import { findTemporalBinary } from '../../worker/temporal-binary.js';
import { startTemporalServer } from '../../worker/temporal-server.js';
import { buildWorkflowBundle } from '../../worker/workflow-bundle.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The shared dev server. Use a task queue and a phone-number id of your own: other files use it at the same time. */
    temporal: { address: string; namespace: string };
    /** Path of the `temporal` CLI. */
    temporalBinary: string;
    /** `workflowBundle: { codePath: inject('workflowBundlePath') }` for a Worker. */
    workflowBundlePath: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { temporalCliPath, ...places } = programPlaces();
  const binary = await findTemporalBinary({
    ...places,
    explicitPath: temporalCliPath,
    onDownload: (sentence) => process.stderr.write(`${sentence}\n`),
  });
  const folder = await mkdtemp(join(tmpdir(), 'onboarding-tests-'));
  const workflowBundlePath = join(folder, 'workflow-bundle.js');
  const [server] = await Promise.all([
    startTemporalServer({ binary, logFile: join(folder, 'temporal.log') }),
    buildWorkflowBundle().then(({ code }) => writeFile(workflowBundlePath, code)),
  ]);
  project.provide('temporal', { address: server.address, namespace: server.namespace });
  project.provide('temporalBinary', binary);
  project.provide('workflowBundlePath', workflowBundlePath);
  return async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
}
