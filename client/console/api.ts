/** The HTTP API as the console calls it. The token travels as a header, and nothing of it is kept here. */

import type { Claim, CodeMethod, CodeVerdict } from '../../workflows/messages.js';
import type { Me, OnboardingDetail, ProblemDocument } from '../api/schemas.js';
import {
  ApiRefusal,
  type CodePending,
  NoAnswerError,
  type OnboardingPage,
  type StartBody,
  type Started,
} from './api-answers.js';
import type { ServerClock } from './server-clock.js';

export interface ApiOptions {
  token: () => string;
  clock: ServerClock;
  /** Called when the API takes the token no longer. */
  onUnauthorized: (problem: ProblemDocument) => void;
}

export interface Api {
  me(): Promise<Me>;
  list(query: Record<string, string>, signal?: AbortSignal): Promise<OnboardingPage>;
  detail(phoneNumberId: string): Promise<OnboardingDetail>;
  start(body: StartBody, idempotencyKey: string): Promise<Started>;
  submitCode(phoneNumberId: string, code: string): Promise<CodeVerdict | CodePending>;
  resend(phoneNumberId: string, method: CodeMethod): Promise<void>;
  ready(phoneNumberId: string): Promise<void>;
  claim(phoneNumberId: string, takeOver?: string): Promise<Claim>;
  /** Sent also while the page is being left. */
  release(phoneNumberId: string): Promise<void>;
  extend(phoneNumberId: string, by: string): Promise<void>;
  decide(phoneNumberId: string, decision: 'retry' | 'accept' | 'cancel'): Promise<void>;
  /** The stream of one number, or of all. */
  events(phoneNumberId: string | undefined, signal: AbortSignal): Promise<Response>;
}

/** Longer than the API takes for anything. */
const TIMEOUT_MS = 40_000;

export function createApi({ token, clock, onUnauthorized }: ApiOptions): Api {
  async function send(path: string, init: RequestInit = {}): Promise<Response> {
    const { signal } = init;
    let response: Response;
    try {
      response = await fetch(path, {
        ...init,
        signal: signal ?? AbortSignal.timeout(TIMEOUT_MS),
        cache: 'no-store',
        credentials: 'omit',
        headers: { authorization: `Bearer ${token()}`, ...init.headers },
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new NoAnswerError({ cause: error });
    }
    clock.observe(response.headers.get('date'));
    if (response.ok) return response;
    const problem = await problemOf(response);
    if (response.status === 401) onUnauthorized(problem);
    throw new ApiRefusal(problem, retryAfterOf(response));
  }

  async function read<T>(path: string, init?: RequestInit): Promise<T> {
    const response = await send(path, init);
    try {
      return (await response.json()) as T;
    } catch (error) {
      throw new NoAnswerError({ cause: error });
    }
  }

  const post = <T>(path: string, body: object, init: RequestInit = {}) =>
    read<T>(path, {
      ...init,
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...init.headers },
    });
  const of = (phoneNumberId: string) => `/v1/onboardings/${encodeURIComponent(phoneNumberId)}`;
  const tell = async (path: string, body: object = {}, init?: RequestInit) => {
    await post<object>(path, body, init);
  };

  return {
    me: () => read('/v1/me'),
    list: (query, signal) =>
      read(`/v1/onboardings?${new URLSearchParams(query)}`, signal === undefined ? {} : { signal }),
    detail: (id) => read(of(id)),
    start: (body, idempotencyKey) =>
      post('/v1/onboardings', body, { headers: { 'idempotency-key': idempotencyKey } }),
    submitCode: (id, code) => post(`${of(id)}/code`, { code }),
    resend: (id, method) => tell(`${of(id)}/resend`, { method }),
    ready: (id) => tell(`${of(id)}/ready`),
    async claim(id, takeOver) {
      const body = takeOver === undefined ? {} : { takeOver };
      const answer = await post<{ claim: Claim }>(`${of(id)}/claim`, body);
      return answer.claim;
    },
    release: (id) => tell(`${of(id)}/release`, {}, { keepalive: true }),
    extend: (id, by) => tell(`${of(id)}/extend`, { by }),
    decide: (id, decision) => tell(`${of(id)}/${decision}`),
    events: (id, signal) =>
      send(id === undefined ? '/v1/events' : `${of(id)}/events`, {
        signal,
        headers: { accept: 'text/event-stream' },
      }),
  };
}

async function problemOf(response: Response): Promise<ProblemDocument> {
  const { status } = response;
  // Something between here and the API may have answered in its place.
  const told = (await response.json().catch(() => undefined)) as ProblemDocument | undefined;
  if (typeof told?.title === 'string') return told;
  return {
    type: 'about:blank',
    title: `The server answered with status ${status} and no explanation.`,
    status,
  };
}

function retryAfterOf(response: Response): number | undefined {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds * 1_000 : undefined;
}
