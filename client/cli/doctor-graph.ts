import ky from 'ky';
import { GraphApiError } from '../../activities/graph-api/errors.js';
import {
  createGraphClient,
  type GraphClient,
  type GraphNumber,
} from '../../activities/graph-api/graph-client.js';
import { verdictRowOf } from '../../activities/graph-api/verdicts.js';
import type { Configuration } from '../../configuration/configuration.js';
import { readStackFile } from '../../configuration/stack-file.js';
import type { Check, Finding } from './doctor.js';
import { durationText } from './time-text.js';

const REQUEST_TIMEOUT_MS = 8_000;

/** A clock further off than this makes ages, deadlines and signed AWS requests wrong. */
const LARGEST_SKEW_MS = 60_000;

/** What a run needs of the Graph API. Reads only. */
export function graphChecks(configuration: Configuration): Check[] {
  const { graph, phoneNumberId, wabaId } = configuration;
  const clock: Check = { name: 'clock', examine: () => clockFinding(configuration) };
  if (graph.accessToken === undefined) {
    return [
      {
        name: 'Graph API token',
        examine: async () => ({
          outcome: 'warn',
          text: 'none is set, so npm start serves the simulator in place of Meta',
          cure: 'to onboard real numbers, set CLOUD_API_ACCESS_TOKEN',
        }),
      },
      clock,
    ];
  }
  const client = createGraphClient({ ...graph, accessToken: graph.accessToken });
  return [
    { name: 'number', examine: () => numberFinding(client, phoneNumberId) },
    { name: 'account', examine: () => accountFinding(client, wabaId, phoneNumberId) },
    { name: 'webhooks', examine: () => webhooksFinding(client, wabaId) },
    clock,
  ];
}

type Found = Omit<Finding, 'check'>;

async function numberFinding(client: GraphClient, id: string | undefined): Promise<Found> {
  if (id === undefined) {
    return notChecked('token and permission for a number', 'WA_PHONE_NUMBER_ID');
  }
  return graphFinding(async () => {
    const number = await client.readNumber(id, { timeoutMs: REQUEST_TIMEOUT_MS });
    return { outcome: 'ok', text: `the token can read number ${id}${states(number)}` };
  });
}

async function accountFinding(
  client: GraphClient,
  wabaId: string | undefined,
  phoneNumberId: string | undefined,
): Promise<Found> {
  if (wabaId === undefined) {
    return notChecked('permission for the account', 'WA_BUSINESS_ACCOUNT_ID');
  }
  return graphFinding(async () => {
    let after: string | undefined;
    let count = 0;
    let found = phoneNumberId === undefined;
    do {
      const page = await client.listNumbers(wabaId, {
        timeoutMs: REQUEST_TIMEOUT_MS,
        ...(after === undefined ? {} : { after }),
      });
      count += page.numbers.length;
      found ||= page.numbers.some(({ id }) => id === phoneNumberId);
      after = page.after;
    } while (after !== undefined);
    const text = `the token can list the ${count === 1 ? '1 number' : `${count} numbers`} of account ${wabaId}`;
    return found
      ? { outcome: 'ok', text }
      : {
          outcome: 'warn',
          text: `${text}, and ${phoneNumberId} is not among them`,
          cure: 'check WA_PHONE_NUMBER_ID and WA_BUSINESS_ACCOUNT_ID',
        };
  });
}

async function webhooksFinding(client: GraphClient, wabaId: string | undefined): Promise<Found> {
  if (wabaId === undefined) return notChecked('webhooks', 'WA_BUSINESS_ACCOUNT_ID');
  return graphFinding(async () => {
    const { count } = await client.subscribedApps(wabaId, { timeoutMs: REQUEST_TIMEOUT_MS });
    return count > 0
      ? { outcome: 'ok', text: `${count === 1 ? 'an app is' : `${count} apps are`} subscribed` }
      : {
          outcome: 'warn',
          text: `no app is subscribed to account ${wabaId}, so no webhook arrives for its numbers`,
          cure: 'npx wa-onboard reconcile --subscribe',
        };
  });
}

async function graphFinding(examine: () => Promise<Found>): Promise<Found> {
  try {
    return await examine();
  } catch (error) {
    if (!(error instanceof GraphApiError)) throw error;
    const { fbtraceId } = error.answer;
    return {
      outcome: 'fail',
      text: `${error.message}${fbtraceId === undefined ? '' : ` fbtrace_id ${fbtraceId}`}`,
      cure: verdictRowOf(error.call, error.answer).advice,
    };
  }
}

/** The clock beside that of the Graph API in use: without a token, what `npm start` serves. */
async function clockFinding({ graph, stateDir }: Configuration): Promise<Found> {
  if (graph.accessToken !== undefined || graph.explicitBaseUrl) {
    return clockSkew(graph.baseUrl, {
      outcome: 'fail',
      cure: 'check the network, a proxy, and GRAPH_API_BASE_URL',
    });
  }
  const stack = readStackFile(stateDir);
  if (stack !== undefined) {
    return clockSkew(stack.graphBaseUrl, { outcome: 'warn', cure: 'npm start' });
  }
  return {
    outcome: 'warn',
    text: 'not checked: npm start, which serves the simulator, does not run here',
    cure: 'npm start',
  };
}

/**
 * Any HTTP answer carries the server's time, also a refusal.
 *
 * @param silence what it means when nothing answers
 */
async function clockSkew(
  baseUrl: string,
  silence: Pick<Finding, 'outcome'> & { cure: string },
): Promise<Found> {
  const asked = Date.now();
  let date: string | null;
  try {
    const response = await ky.get(baseUrl, {
      retry: 0,
      timeout: REQUEST_TIMEOUT_MS,
      throwHttpErrors: false,
      redirect: 'manual',
    });
    date = response.headers.get('date');
  } catch {
    return { ...silence, text: `not checked: ${baseUrl} does not answer` };
  }
  const there = Date.parse(date ?? '');
  if (Number.isNaN(there)) {
    return { outcome: 'warn', text: `not checked: ${baseUrl} does not tell its time` };
  }
  const here = (asked + Date.now()) / 2;
  const skew = here - there;
  const text = `this clock is ${durationText(Math.abs(skew))} ${skew < 0 ? 'behind' : 'ahead of'} ${baseUrl}`;
  return Math.abs(skew) <= LARGEST_SKEW_MS
    ? { outcome: 'ok', text: `agrees with ${baseUrl}` }
    : { outcome: 'fail', text, cure: 'set the clock, or let NTP keep it' };
}

function notChecked(what: string, variable: string): Found {
  return { outcome: 'warn', text: `not checked: ${what}`, cure: `set ${variable}` };
}

function states({ code_verification_status, status }: GraphNumber): string {
  const known = [code_verification_status, status].filter((state) => state !== undefined);
  return known.length === 0 ? '' : ` (${known.join(', ')})`;
}
