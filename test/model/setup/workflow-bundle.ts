/** What the model tests share: the workflow bundle, made once from the sources. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { buildWorkflowBundle } from '../../../worker/workflow-bundle.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** How many cases the property is tried on, where `npm run test:model` says so. */
    modelRuns: number | undefined;
    /** The seed of the cases, where `npm run test:model` says so. */
    modelSeed: number | undefined;
    /** Where in that seed's cases to begin, as a failure printed it. */
    modelPath: string | undefined;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'onboarding-model-'));
  const path = join(folder, 'workflow-bundle.js');
  await writeFile(path, (await buildWorkflowBundle()).code);
  project.provide('workflowBundlePath', path);
  return () => rm(folder, { recursive: true, force: true });
}
