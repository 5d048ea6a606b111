import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programPlaces } from '../../configuration/program-places.js';
import { pythonProgram } from '../setup/python-program.js';

const VERSION = '4.32.5';
const SEED = 20_261_123;
/** Where the configuration takes the token from, so that no command line or file holds it. */
const TOKEN_VARIABLE = 'CONTRACT_TEST_TOKEN';

export interface ContractRun {
  /** Base URL of an API that has its document at `/openapi.json`. */
  url: string;
  /** Bearer token of every request. @default none */
  token?: string;
  /** Numbers that the API knows: most requests are about one of them. */
  phoneNumberIds: readonly string[];
  /** Test cases an operation and phase, at most. */
  maxExamples: number;
  phases: readonly ('examples' | 'coverage' | 'fuzzing' | 'stateful')[];
  /** After this a run is ended, in milliseconds. */
  timeoutMs: number;
}

export interface ContractResult {
  /** 0: the API does what its document says. */
  exitCode: number | null;
  /** What schemathesis printed. */
  report: string;
}

/** The folder that has schemathesis; installs it where it is missing, so that no run's time pays for that. */
export function schemathesis(): Promise<string> {
  return pythonProgram(programPlaces().cacheDir, {
    name: 'schemathesis',
    version: VERSION,
    requirement: `schemathesis==${VERSION}`,
    neededBy: 'The contract tests of the HTTP API',
  });
}

/**
 * Holds an API against its OpenAPI document: schemathesis makes requests from the document, good ones and bad ones, alone and
 * in sequences, always the same for the same document, and checks each answer.
 */
export async function runSchemathesis(run: ContractRun): Promise<ContractResult> {
  const program = await schemathesis();
  const folder = await mkdtemp(join(tmpdir(), 'contract-'));
  const configuration = join(folder, 'schemathesis.toml');
  try {
    await writeFile(configuration, await configurationOf(run));
    const tester = spawn(
      join(program, 'bin', 'schemathesis'),
      [
        ...['--config-file', configuration, 'run', `${run.url}/openapi.json`],
        ...['--seed', String(SEED), '--max-examples', String(run.maxExamples)],
        ...['--phases', run.phases.join(',')],
        ...['--generation-database', 'none', '--no-color', '--no-shrink'],
      ],
      {
        cwd: folder,
        env: {
          ...{ PATH: programPlaces().searchPath, HOME: folder, PYTHONUTF8: '1' },
          [TOKEN_VARIABLE]: run.token ?? '',
        },
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: run.timeoutMs,
        killSignal: 'SIGKILL',
      },
    );
    let report = '';
    for (const stream of [tester.stdout, tester.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        report += text;
      });
    }
    const [exitCode] = (await once(tester, 'close')) as [number | null];
    return { exitCode, report };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function configurationOf({ token, phoneNumberIds }: ContractRun): Promise<string> {
  const fixed = await readFile(new URL('contract.toml', import.meta.url), 'utf8');
  return [
    fixed,
    '[dictionaries.numbers]',
    `values = ${JSON.stringify(phoneNumberIds)}`,
    ...(token === undefined
      ? []
      : ['[auth.openapi]', `token = { bearer = "\${${TOKEN_VARIABLE}}" }`]),
    '',
  ].join('\n');
}
