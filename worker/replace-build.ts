/**
 * Part of the build: what was compiled beside `dist` takes its place in one step, so that whoever runs from `dist`
 * meanwhile finds one build or the other. Until the workflow bundle is written, a worker that starts makes its own.
 */
import { chmod, readFile, rename, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const COMPILED = at('dist.next');
const BUILD = at('dist');
const REPLACED = at('dist.old');

const manifestSchema = z.object({ bin: z.record(z.string(), z.string()) });

await rm(REPLACED, { recursive: true, force: true });
await moveIfThere(BUILD, REPLACED);
await rename(COMPILED, BUILD);
await rm(REPLACED, { recursive: true, force: true });

// npm sets the executable bit when it installs a package, not when a build replaces the file.
const { bin } = manifestSchema.parse(JSON.parse(await readFile(at('package.json'), 'utf8')));
for (const file of Object.values(bin)) await chmod(at(file), 0o755);

async function moveIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
