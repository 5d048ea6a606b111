/** An API without Temporal: a client and a desk that note what they are asked, and answer at once. */
import { Client, Connection } from '@temporalio/client';
import { PinNotFoundError } from '../../activities/pin-store/pin-store.js';
import { Secret } from '../../activities/secret.js';
import { type ApiOptions, createApi } from '../../client/api/api-server.js';
import type { AuditEntry, AuditLog } from '../../client/api/audit.js';
import { createAuthenticator, type TokenSource } from '../../client/api/authenticator.js';
import type { Desk, DeskEvent } from '../../client/api/desk.js';
import type { ApiClient } from '../../client/api/handlers/handler.js';
import type { ApiLimits } from '../../client/api/limits.js';
import type { Pins } from '../../client/api/open-pins.js';
import type { Onboarding } from '../../client/api/schemas.js';
import type { TemporalLooks } from '../../client/api/temporal-looks.js';
import type { OnboardingProgress, OnboardingSummary } from '../../client/index.js';
import { OnboardingNotFoundError } from '../../client/index.js';
import { workflowIdOf } from '../../workflows/messages.js';

export const NUMBER = '106540352242922';
/** Another, with another label. */
export const OTHER_NUMBER = '106540352242933';
export const LABELS: Readonly<Record<string, string>> = {
  [NUMBER]: 'shop',
  [OTHER_NUMBER]: 'outlet',
};
const RUN_ID = '01a207d7-5c11-72a8-b383-700e05c3b850';
const SINCE = '2026-11-23T09:00:00.000Z';

function summary(phoneNumberId: string): OnboardingSummary {
  const label = LABELS[phoneNumberId];
  return {
    phoneNumberId,
    workflowId: workflowIdOf(phoneNumberId),
    runId: RUN_ID,
    operation: 'onboardNumber',
    run: 'completed',
    stage: 'Live',
    ...(label === undefined ? {} : { label }),
    startedAt: SINCE,
    endedAt: SINCE,
  };
}

function listed(phoneNumberId: string): Onboarding {
  const { workflowId: _, card: _card, ...facts } = summary(phoneNumberId);
  return facts;
}

/** What a run says of itself that waits for an agent. */
export const AWAITING_AGENT: OnboardingProgress = {
  phoneNumberId: NUMBER,
  operation: 'onboardNumber',
  stage: 'AwaitingAgent',
  steps: [],
  budget: { register: { used: 0, limit: 10 }, deregister: { used: 0, limit: 10 } },
};

/** @param calls gets the name of each method that is called */
function standInClient(calls: string[]): ApiClient {
  const noted =
    <Arguments extends unknown[], T>(name: string, answer: (...given: Arguments) => T) =>
    async (...given: Arguments): Promise<T> => {
      calls.push(name);
      return answer(...given);
    };
  return {
    temporal: new Client({ connection: Connection.lazy({ address: '127.0.0.1:1' }) }),
    start: noted('start', ({ phoneNumberId }) => ({
      phoneNumberId,
      workflowId: workflowIdOf(phoneNumberId),
      runId: RUN_ID,
    })),
    status: noted('status', (id) => summary(id)),
    progress: noted('progress', () => AWAITING_AGENT),
    tryCode: noted('tryCode', () => ({ verdict: 'verified' as const })),
    submitCode: noted('submitCode', () => {}),
    resendCode: noted('resendCode', () => {}),
    agentReady: noted('agentReady', () => {}),
    extend: noted('extend', () => {}),
    claim: noted('claim', (_id, { by }) => ({
      verdict: 'held' as const,
      claim: { by, since: SINCE, until: SINCE },
    })),
    release: noted('release', () => ({ verdict: 'released' as const })),
    retry: noted('retry', (phoneNumberId) => ({
      ...{ phoneNumberId, runId: RUN_ID, decision: 'retry' as const },
    })),
    accept: noted('accept', (phoneNumberId) => ({
      ...{ phoneNumberId, runId: RUN_ID, decision: 'accept' as const },
    })),
    cancel: noted('cancel', () => {}),
    listPage: noted('listPage', () => ({ items: [NUMBER, OTHER_NUMBER].map(summary) })),
    rotatePin: noted('rotatePin', (phoneNumberId) => ({
      ...{ phoneNumberId, workflowId: workflowIdOf(phoneNumberId), runId: RUN_ID },
    })),
    rotateLater: noted('rotateLater', () => ({
      ...{ workflowId: 'rotation-later', runId: RUN_ID, at: SINCE },
    })),
    notify: noted('notify', () => {}),
    handleNumberEvent: noted('handleNumberEvent', () => 'begun' as const),
    async *watch(id) {
      calls.push('watch');
      yield summary(id);
    },
  };
}

const EVENTS: readonly DeskEvent[] = [
  { event: 'connection', data: { temporal: 'ok', since: SINCE } },
  ...[NUMBER, OTHER_NUMBER].flatMap((phoneNumberId): DeskEvent[] => [
    { event: 'onboarding', data: listed(phoneNumberId) },
    {
      event: 'gone',
      data: { phoneNumberId, runId: RUN_ID },
      label: LABELS[phoneNumberId] ?? '',
    },
  ]),
];

/** @param events what it tells of changes before it ends */
export function standInDesk(calls: string[], events: Iterable<DeskEvent> = EVENTS): Desk {
  return {
    async list({ allows }) {
      calls.push('list');
      const items = [NUMBER, OTHER_NUMBER].map(listed).filter(allows);
      return { items, total: items.length, asOf: SINCE };
    },
    async refresh() {},
    async *changes() {
      calls.push('changes');
      yield* events;
    },
    async close() {},
  };
}

export const PIN = '407219';
const RECORD = {
  ...{ version: 'v-1', createdAt: SINCE, lastRotated: SINCE },
} as const;

/** A PIN store with a current PIN of every number. */
export const standInPins: Pins = {
  async describe(phoneNumberId) {
    const label = LABELS[phoneNumberId];
    return {
      ...{ phoneNumberId, store: 'local', record: phoneNumberId, versions: { current: RECORD } },
      displayPhoneNumber: `+1 631-555-${phoneNumberId.slice(-4)}`,
      ...(label === undefined ? {} : { label }),
    };
  },
  async read(phoneNumberId, version) {
    if (version !== 'current') throw new PinNotFoundError('There is no such PIN.');
    return { phoneNumberId, pin: new Secret(PIN), ...RECORD };
  },
  async *list() {
    for (const id of [NUMBER, OTHER_NUMBER]) {
      const record = await standInPins.describe(id);
      if (record !== undefined) yield record;
    }
  },
};

const temporal: TemporalLooks = {
  async labelOf(phoneNumberId) {
    const label = LABELS[phoneNumberId];
    if (label === undefined) throw new OnboardingNotFoundError(phoneNumberId);
    return label;
  },
  answers: async () => true,
};

export interface StandInOptions {
  source: TokenSource;
  nameClaim?: string;
  limits?: Partial<ApiLimits>;
  clock?: () => Date;
  client?: Partial<ApiClient>;
  desk?: Desk;
  temporal?: Partial<TemporalLooks>;
  pins?: Partial<Pins>;
  metaWebhooks?: NonNullable<ApiOptions['metaWebhooks']>;
  /** Whether the audit trail can be written. */
  auditWritable?: () => boolean;
  trustedProxies?: readonly string[];
  corsOrigins?: readonly string[];
  /** @default true */
  notifies?: boolean;
  consoleDir?: string;
}

/** Limits that no table of requests reaches. */
const NO_LIMITS = {
  requestsPerMinute: 1e6,
  refusedTokensPerMinute: 1e6,
  codesPerMinute: 1e6,
  claimsPerMinute: 1e6,
  revealsPerMinute: 1e6,
};

/** The API on stand-ins, the calls that reached them, and what was audited. */
export async function standInApi(options: StandInOptions) {
  const calls: string[] = [];
  const audited: AuditEntry[] = [];
  const errors: unknown[] = [];
  const { source, nameClaim, clock, client, desk, limits, pins, auditWritable, ...rest } = options;
  const audit: AuditLog = {
    write: (entry) => void audited.push(entry),
    writeNow(entry) {
      audited.push(entry);
      return auditWritable?.() ?? true;
    },
    close: async () => {},
  };
  const app = await createApi({
    notifies: true,
    ...rest,
    ...(clock === undefined ? {} : { clock }),
    client: { ...standInClient(calls), ...client },
    desk: desk ?? standInDesk(calls),
    temporal: { ...temporal, ...options.temporal },
    openPins: async () => ({ ...standInPins, ...pins }),
    auth: createAuthenticator({
      source,
      ...(nameClaim === undefined ? {} : { nameClaim }),
      ...(clock === undefined ? {} : { clock }),
    }),
    audit,
    limits: { ...NO_LIMITS, ...limits },
    onError: (error) => void errors.push(error),
  });
  return { app, calls, audited, errors };
}
