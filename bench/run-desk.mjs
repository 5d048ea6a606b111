#!/usr/bin/env node
/** `npm run bench:desk`: compiles the sources as they are now, so that no earlier build is measured, and measures the desk. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'desk-bench-'));
const compiler = join(root, 'node_modules/typescript/bin/tsc');
const remove = () => rmSync(folder, { recursive: true, force: true });
process.on('exit', remove);

execFileSync(
  process.execPath,
  [compiler, '-p', join(root, 'bench'), '--noCheck', '--outDir', join(folder, 'dist')],
  { stdio: 'inherit' },
);
for (const name of ['node_modules', 'package.json']) {
  symlinkSync(join(root, name), join(folder, name));
}
const bench = spawn(
  process.execPath,
  [join(folder, 'dist/bench/desk.js'), ...process.argv.slice(2)],
  { stdio: 'inherit' },
);
// A terminal sends Ctrl-C to both; the bench clears up and ends, and then this does.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => bench.kill(signal));
bench.on('close', (code) => process.exit(code ?? 1));
