/** Builds the console into the folder given: `node client/console/build.mjs dist.next/client/console`. */
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
const outdir = process.argv[2];
if (outdir === undefined) {
  process.stderr.write('Name the folder to build into: node client/console/build.mjs <folder>\n');
  process.exit(2);
}

/** The words that the console shares with the command line stand beside things that belong on a server: leave those out. */
const onlyWhatIsUsed = {
  name: 'only-what-is-used',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^(\.|@temporalio\/)/ }, async ({ path, ...where }) => {
      if (where.pluginData === onlyWhatIsUsed || path.endsWith('.css')) return undefined;
      const resolved = await resolve(path, { ...where, pluginData: onlyWhatIsUsed });
      return { ...resolved, sideEffects: resolved.path.startsWith(here) };
    });
  },
};

await mkdir(outdir, { recursive: true });
const { metafile } = await build({
  entryPoints: { app: join(here, 'main.tsx') },
  tsconfig: join(here, 'tsconfig.json'),
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['es2022', 'chrome111', 'firefox115', 'safari16.4'],
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
  outdir,
  plugins: [onlyWhatIsUsed],
});

const foreign = Object.values(metafile.outputs)
  .flatMap(({ inputs }) => Object.entries(inputs))
  .filter(
    ([file, { bytesInOutput }]) => bytesInOutput > 0 && /node_modules\/(?!preact\/)/.test(file),
  )
  .map(([file]) => file);
if (foreign.length > 0) {
  process.stderr.write(
    `The console must hold no package but preact, and holds ${foreign.join(', ')}\n`,
  );
  process.exit(1);
}

for (const file of ['index.html', 'favicon.svg']) {
  await copyFile(join(here, file), join(outdir, file));
}
