import type { Configuration } from '../../configuration/configuration.js';
import { connectClient, stackInUse, temporalPlace } from './connect-client.js';
import { graphChecks } from './doctor-graph.js';
import { temporalChecks } from './doctor-temporal.js';
import { oneSentence } from './sentences.js';

/** What a check found. */
export interface Finding {
  check: string;
  outcome: 'ok' | 'warn' | 'fail';
  text: string;
  /** What to do about it. */
  cure?: string;
}

/** One line of the doctor's report. A check that throws has failed with the error's sentence. */
export interface Check {
  name: string;
  examine(): Promise<Omit<Finding, 'check'>>;
}

const CONNECT_TIMEOUT_MS = 4_000;

/** Examine everything an onboarding needs, one finding after the other. Nothing is changed at Meta or at Temporal. */
export async function* examine(configuration: Configuration): AsyncGenerator<Finding, void> {
  yield* examineTemporal(configuration);
  for (const check of [
    ...graphChecks(configuration),
    ...metaWebhookChecks(configuration),
    pinStoreCheck(configuration),
  ]) {
    yield await findingOf(check);
  }
}

async function* examineTemporal(configuration: Configuration): AsyncGenerator<Finding, void> {
  let connected: Awaited<ReturnType<typeof connectClient>>;
  try {
    connected = await connectClient(configuration, CONNECT_TIMEOUT_MS);
  } catch (error) {
    yield { check: 'Temporal', outcome: 'fail', text: oneSentence(error) };
    yield {
      check: 'worker',
      outcome: 'warn',
      text: 'not checked, nor is the namespace: that needs Temporal',
    };
    return;
  }
  const { client } = connected;
  try {
    const { address, namespace } = temporalPlace(configuration);
    yield { check: 'Temporal', outcome: 'ok', text: `${address} answers, namespace ${namespace}` };
    const stackPid = stackInUse(configuration)?.pid;
    for (const check of temporalChecks(client.temporal, address, stackPid)) {
      yield await findingOf(check);
    }
  } finally {
    await client.close();
  }
}

function pinStoreCheck({ pinStore }: Configuration): Check {
  return {
    name: 'PIN store',
    async examine() {
      const { openPinStore } = await import('../../activities/pin-store/open-pin-store.js');
      await (await openPinStore(pinStore)).check();
      return { outcome: 'ok', text: `${pinStore.kind} can be read and written` };
    },
  };
}

/** Whether what Meta posts is believed; nothing where none is to be taken. */
function metaWebhookChecks({ metaWebhooks }: Configuration): Check[] {
  if (metaWebhooks === undefined) return [];
  const { rotateOnChange } = metaWebhooks;
  return [
    {
      name: 'Meta’s webhooks',
      examine: async () => ({
        outcome: 'ok',
        text: `taken at /webhooks/meta, signatures checked; after a change of a PIN outside, a rotation is ${
          rotateOnChange === 'automatic' ? 'begun' : 'offered'
        }`,
      }),
    },
  ];
}

async function findingOf({ name, examine }: Check): Promise<Finding> {
  try {
    return { check: name, ...(await examine()) };
  } catch (error) {
    return { check: name, outcome: 'fail', text: oneSentence(error) };
  }
}
