import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SIMULATOR_TOKEN } from '../../simulator/simulator.js';
import { ID, simulatorWith } from './graph-calls.js';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

let folder: string;
let command: string;

// The simulator imports nothing but Node's own modules, so that its compiled files run from any folder.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simulator-command-'));
  const compiler = join(
    dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
    'bin/tsc',
  );
  const project = join(folder, 'tsconfig.json');
  await writeFile(
    project,
    JSON.stringify({
      extends: join(ROOT, 'tsconfig.json'),
      compilerOptions: {
        noEmit: false,
        outDir: folder,
        rootDir: ROOT,
        typeRoots: [join(ROOT, 'node_modules/@types')],
      },
      include: [],
      files: [join(ROOT, 'simulator/main.ts')],
    }),
  );
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await run(process.execPath, [compiler, '-p', project]);
  command = join(folder, 'simulator/main.js');
}, 60_000);

afterAll(() => rm(folder, { recursive: true }));

/** Runs the command to its end. */
async function end(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const child = spawn(process.execPath, [command, ...args]);
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  const [code] = (await once(child, 'close')) as [number];
  return { code, out, err };
}

test.each(['SIGINT', 'SIGTERM'] as const)(
  'the command prints how to use it and each code as an SMS, and ends on %s',
  async (signal) => {
    const child = spawn(process.execPath, [command, '--port', '0']);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const lineWith = async (text: string): Promise<string> => {
      for (let line = await lines.next(); !line.done; line = await lines.next()) {
        if (line.value.includes(text)) return line.value;
      }
      throw new Error(`The command ended without a line with "${text}".`);
    };
    try {
      const url = (await lineWith('GRAPH_API_BASE_URL=')).split('=')[1];
      expect(await lineWith('CLOUD_API_ACCESS_TOKEN=')).toContain(SIMULATOR_TOKEN);
      const response = await fetch(`${url}/v23.0/${ID}/request_code`, {
        method: 'POST',
        headers: { authorization: `Bearer ${SIMULATOR_TOKEN}` },
        body: JSON.stringify({ code_method: 'SMS', language: 'en_US' }),
      });
      expect(response.status).toBe(200);
      expect(await lineWith(ID)).toMatch(/^SMS to .*: WhatsApp code [0-9]{3}-[0-9]{3}$/);
    } finally {
      child.kill(signal);
    }
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(code).toBe(0);
  },
);

test('a taken port gives one sentence and exit 1', async () => {
  const { port } = await simulatorWith({});
  expect(await end('--port', String(port))).toEqual({
    code: 1,
    out: '',
    err: `Port ${port} on 127.0.0.1 is taken; choose another one for the simulator, or 0 for any free one.\n`,
  });
});

test.each([['--port', 'x'], ['--port', '70000'], ['--nonsense'], ['surplus']])(
  'bad usage %s %s gives the usage and exit 2',
  async (...args) => {
    const { code, err } = await end(...args.filter((arg) => arg !== undefined));
    expect(code).toBe(2);
    expect(err).toContain('Usage:');
  },
);

test('--help gives the usage and exit 0', async () => {
  const { code, out } = await end('--help');
  expect(code).toBe(0);
  expect(out).toContain('Usage:');
});
