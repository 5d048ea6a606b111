/**
 * `npm run demo`: one number onboarded from start to end on real parts, with no person at hand. Meta is the simulator; the
 * demo is the SIM holder and the support agent. Exits 0 only when everything that it claims was seen to be so.
 */

import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pico from 'picocolors';
import { wrap } from '../client/cli/wrap.js';
import { OnboardingClient } from '../client/index.js';
import { type Configuration, loadConfiguration } from '../configuration/configuration.js';
import { programPlaces } from '../configuration/program-places.js';
import type { CodeSent } from '../simulator/simulator.js';
import { type Stack, startEmbeddedStack } from '../worker/embedded-stack.js';
import { freePorts } from '../worker/ports.js';
import { installRuntime } from '../worker/runtime.js';
import { proofsOf } from './proofs.js';
import { createTimeline, type Timeline } from './timeline.js';

const colors = pico.createColors(pico.isColorSupported && process.stdout.isTTY === true);
const PHONE_NUMBER_ID = '106540352242922';
const LIMIT_MS = 120_000;

/** The demo did not end as it must. */
class DemoFailedError extends Error {
  override readonly name = 'DemoFailedError';
}

/** With `--keep`, the servers stay up at the end, to look around in the Temporal UI. */
async function demo(keep: boolean): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'onboarding-demo-'));
  try {
    const codes = codesSent();
    const stack = await startEmbeddedStack({
      configuration: await demoConfiguration(folder),
      onCode: codes.hear,
      onNotice: (sentence) => console.log(colors.dim(sentence)),
    });
    const interrupted = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
    try {
      await Promise.race([
        onboardOneNumber(stack, codes.next),
        stack.ended,
        interrupted.then(() => failWith('The demo was interrupted.')),
        afterLimit(),
      ]);
      if (keep) {
        print('', '  Everything is still running; Ctrl-C ends it.', '');
        await interrupted;
      }
    } finally {
      await stack.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Nothing of the caller's `.env`: the demo must not touch a real number, whatever is configured. */
async function demoConfiguration(folder: string): Promise<Configuration> {
  const [temporal, temporalUi, simulator] = await freePorts(3);
  const env = {
    TEMPORAL_PORT: String(temporal),
    TEMPORAL_UI_PORT: String(temporalUi),
    SIMULATOR_PORT: String(simulator),
    ONBOARDING_STATE_DIR: join(folder, 'state'),
    PIN_STORE_DIR: join(folder, 'pins'),
  };
  return { ...loadConfiguration(env, folder), programs: programPlaces() };
}

async function onboardOneNumber(stack: Stack, nextCode: () => Promise<CodeSent>): Promise<void> {
  const { simulator, pinStore, temporal } = stack;
  if (simulator === undefined) return failWith('The simulator is not running.');
  print(
    '',
    `  ${colors.bold('Onboarding a WhatsApp number on a real Temporal server')}`,
    '',
    `  Temporal    ${temporal.address}, web UI ${colors.cyan(temporal.uiUrl ?? 'off')}`,
    `  Meta's API  simulator at ${simulator.url}`,
    `  Number      ${PHONE_NUMBER_ID}, fresh: neither verified nor registered`,
    '',
  );
  const client = await OnboardingClient.connect({
    address: temporal.address,
    namespace: temporal.namespace,
  });
  try {
    const timeline = createTimeline((line) => print(line), colors);
    const { workflowId, runId } = await client.start({
      phoneNumberId: PHONE_NUMBER_ID,
      label: 'Demo',
      requestedBy: 'npm run demo',
    });
    timeline.say(`Started workflow ${workflowId}`);
    const [typedCode] = await Promise.all([
      playPeople(client, timeline, nextCode),
      timeline.follow(client, PHONE_NUMBER_ID),
    ]);
    const result = await client.result(PHONE_NUMBER_ID);
    timeline.say(...wrap(result.summary, 66).map(colors.bold));
    const history = await client.temporal.workflow.getHandle(workflowId, runId).fetchHistory();
    const proofs = await proofsOf({
      ...{ phoneNumberId: PHONE_NUMBER_ID, result, simulator, pinStore, history, typedCode },
    });
    print('', `  ${colors.bold('Checked')}`, '');
    for (const { sentence, remark, holds } of proofs) {
      print(`  ${holds ? colors.green('✔') : colors.red('✖')} ${sentence}`);
      if (remark !== undefined) print(`    ${colors.dim(remark)}`);
    }
    print(
      '',
      '  The run in the Temporal UI (npm run demo -- --keep leaves it up to look at):',
      `  ${colors.cyan(`${temporal.uiUrl}/namespaces/${temporal.namespace}/workflows/${workflowId}`)}`,
      '',
    );
    const broken = proofs.find(({ holds }) => !holds);
    if (broken !== undefined) failWith(`This should be so but is not: ${broken.sentence}.`);
  } finally {
    await client.close();
  }
}

/** The SIM holder reads the SMS to the support agent, who mistypes it first. @returns the right code */
async function playPeople(
  client: OnboardingClient,
  timeline: Timeline,
  nextCode: () => Promise<CodeSent>,
): Promise<string> {
  const { code, text, method } = await nextCode();
  timeline.say(`${colors.magenta('SIM holder')} gets by ${method}: "${text}"`);
  await timeline.until((status) => status.progress?.waiting !== undefined);
  const wrong = code.slice(0, 5) + ((Number(code[5]) + 1) % 10);
  const first = await type(client, timeline, wrong);
  if (first.verdict !== 'refused') failWith(`A wrong code was answered "${first.verdict}".`);
  const second = await type(client, timeline, code);
  if (second.verdict !== 'verified') failWith(`The right code was answered "${second.verdict}".`);
  return code;
}

async function type(client: OnboardingClient, timeline: Timeline, code: string) {
  const typed = `${code.slice(0, 3)}-${code.slice(3)}`;
  timeline.say(`${colors.magenta('Support agent')} types ${typed}`);
  const answer = await client.tryCode(PHONE_NUMBER_ID, typed, { submittedBy: 'demo agent' });
  timeline.say(
    answer.verdict === 'refused'
      ? `${colors.magenta('Support agent')} is told: refused, ${answer.triesLeft} tries left`
      : `${colors.magenta('Support agent')} is told: ${answer.verdict}`,
  );
  return answer;
}

/** Codes in the order in which they are sent, also those sent before anybody asks. */
function codesSent(): { hear: (sent: CodeSent) => void; next: () => Promise<CodeSent> } {
  let hear: (sent: CodeSent) => void = () => {};
  const first = new Promise<CodeSent>((resolve) => {
    hear = resolve;
  });
  return { hear: (sent) => hear(sent), next: () => first };
}

function afterLimit(): Promise<never> {
  return new Promise((_, reject) => {
    const sentence = `The demo did not end within ${LIMIT_MS / 1000} seconds.`;
    setTimeout(() => reject(new DemoFailedError(sentence)), LIMIT_MS).unref();
  });
}

function failWith(sentence: string): never {
  throw new DemoFailedError(sentence);
}

function print(...lines: string[]): void {
  for (const line of lines) console.log(line);
}

const warnings: string[] = [];
installRuntime('warn', ({ level, message }) => {
  warnings.push(`[${level}] ${message}`);
});
try {
  await demo(process.argv.includes('--keep'));
} catch (error) {
  for (const warning of warnings.slice(-10)) console.error(colors.dim(warning));
  console.error(
    `${colors.red('✖')} ${error instanceof Error ? error.message : 'The demo failed.'}`,
  );
  process.exitCode = 1;
}
// The SDK's native runtime would keep a process alive that has nothing left to do.
process.exit();
