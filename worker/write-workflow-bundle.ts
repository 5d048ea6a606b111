/** Part of the build: leaves the workflow bundle beside the compiled code, so that a worker starts without a bundler. */
import { rename, writeFile } from 'node:fs/promises';
import { buildWorkflowBundle, PREBUILT_BUNDLE } from './workflow-bundle.js';

const { code } = await buildWorkflowBundle();
const draft = `${PREBUILT_BUNDLE}.${process.pid}`;
await writeFile(draft, code);
await rename(draft, PREBUILT_BUNDLE);
