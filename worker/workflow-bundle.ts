import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundleOption } from '@temporalio/worker';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Where a build leaves the bundle: beside the compiled folders. In a source tree there is none. */
export const PREBUILT_BUNDLE = at('../workflow-bundle.js');

/** The workflows as one script: the prebuilt one in a build, else made from the sources, which takes some seconds. */
export async function workflowBundle(): Promise<WorkflowBundleOption> {
  return existsSync(PREBUILT_BUNDLE) ? { codePath: PREBUILT_BUNDLE } : buildWorkflowBundle();
}

/** @throws when the workflows import what workflow code may not use */
export async function buildWorkflowBundle(): Promise<{ code: string }> {
  const source = at('../workflows/index.ts');
  return bundleWorkflowCode({
    workflowsPath: existsSync(source) ? source : at('../workflows/index.js'),
    logger: new DefaultLogger('WARN'),
  });
}
