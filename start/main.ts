/** `npm start`: the embedded stack, or just a worker where Temporal and Meta are named; with the HTTP API and the console. */
import pico from 'picocolors';
import { type RunningApi, startApi } from '../client/api/start-api.js';
import { type Configuration, loadConfiguration } from '../configuration/configuration.js';
import { removeStackFile, writeStackFile } from '../configuration/stack-file.js';
import { type Stack, startEmbeddedStack } from '../worker/embedded-stack.js';
import { installRuntime } from '../worker/runtime.js';
import { codeLine, startupSummary } from './startup-summary.js';

const colors = pico.createColors(pico.isColorSupported && process.stdout.isTTY === true);

/** A terminal sends Ctrl-C to npm and to this process, and npm hands it on: the second within this time is the first. */
const SAME_SIGNAL_MS = 1_000;

async function main(): Promise<void> {
  const configuration = loadConfiguration();
  installRuntime(configuration.logLevel);
  const stopper = stopOnSignal();
  const stack = await startEmbeddedStack({
    configuration,
    onCode: (sent) => console.log(codeLine(sent, new Date(), colors)),
    onNotice: (sentence) => console.error(colors.dim(sentence)),
  });
  let api: RunningApi | undefined;
  /** The API first: what came in through it is answered while the worker and the server still run. */
  const stop = async () => {
    await api?.close();
    await stack.stop();
  };
  try {
    if (configuration.api.port !== undefined) {
      api = await startApi(configuration, stack.temporal, { pinStore: stack.pinStore });
    }
    stopper.stopThis({ stop, kill: stack.kill });
    if (!stopper.asked()) {
      describeStack(stack, configuration, api?.url);
      const running = {
        temporal: stack.temporal,
        graphBaseUrl: stack.graphBaseUrl,
        onSimulator: stack.simulator !== undefined,
        pinStore: stack.pinStore.name,
        ...(api === undefined ? {} : { apiUrl: api.url }),
      };
      console.log(startupSummary(running, configuration, process.cwd(), colors).join('\n'));
    }
    await stack.ended;
  } finally {
    await stop();
    removeStackFile(configuration.stateDir);
  }
  if (stopper.asked()) console.log('Stopped.');
}

function describeStack(
  stack: Stack,
  configuration: Configuration,
  apiUrl: string | undefined,
): void {
  const { address, namespace, uiUrl } = stack.temporal;
  writeStackFile(configuration.stateDir, {
    temporalAddress: address,
    namespace,
    ...(uiUrl === undefined ? {} : { uiUrl }),
    graphBaseUrl: stack.graphBaseUrl,
    simulator: stack.simulator !== undefined,
    pinStore: configuration.pinStore,
    ...(apiUrl === undefined ? {} : { apiUrl }),
    pid: process.pid,
  });
}

/** What a signal stops. */
interface Stoppable {
  stop(): Promise<void>;
  kill(): void;
}

/** The first signal drains, also one that comes while all is still starting; a later one ends at once. */
function stopOnSignal(): { stopThis(running: Stoppable): void; asked(): boolean } {
  let running: Stoppable | undefined;
  let first: number | undefined;
  const onSignal = () => {
    if (first === undefined) {
      first = performance.now();
      console.log('\nStopping: running steps finish first. Once more to stop at once.');
      running?.stop().catch(fail);
    } else if (performance.now() - first > SAME_SIGNAL_MS) {
      running?.kill();
      process.exit(1);
    }
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    stopThis(it) {
      running = it;
      if (first !== undefined) it.stop().catch(fail);
    },
    asked: () => first !== undefined,
  };
}

function fail(error: unknown): void {
  const sentence = error instanceof Error ? error.message : 'The start failed.';
  console.error(
    `${pico.createColors(pico.isColorSupported && process.stderr.isTTY === true).red('✖')} ${sentence}`,
  );
  process.exitCode = 1;
}

await main().catch(fail);
// The SDK's native runtime would keep a process alive that has nothing left to do.
process.exit();
