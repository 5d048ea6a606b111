import ky from 'ky';
import { z } from 'zod';
import type { Secret } from '../secret.js';
import {
  GraphApiError,
  GraphBadAnswerError,
  type GraphCall,
  GraphConnectionError,
  type GraphErrorEnvelope,
  type GraphPacedError,
  GraphTimeoutError,
} from './errors.js';
import { exchange } from './exchange.js';
import {
  type GraphNumber,
  LISTED_PLATFORM,
  listedNumberSchema,
  NUMBER_FIELDS,
  numberSchema,
} from './number-schema.js';
import { type Pace, turnOf } from './pace.js';

export type { GraphNumber } from './number-schema.js';
export { ALL_NUMBER_FIELDS, NUMBER_FIELDS } from './number-schema.js';

/** Options of one request. */
export interface RequestOptions {
  /** Milliseconds until the request is given up. @default 15000 */
  timeoutMs?: number;
  /** Ends the request at once; the error is then the signal's reason. */
  signal?: AbortSignal;
}

/** A field that every version knows: where it is unknown, the object is no phone number. */
const FIELD_OF_EVERY_NUMBER = 'display_phone_number';

const listSchema = z.looseObject({
  data: z.array(listedNumberSchema),
  paging: z
    .looseObject({
      cursors: z.looseObject({ after: z.string().optional() }).optional(),
      next: z.string().optional(),
    })
    .optional(),
});

const subscribedAppsSchema = z.looseObject({ data: z.array(z.unknown()) });

const successSchema = z.looseObject({ success: z.literal(true) });

const errorSchema = z.looseObject({
  error: z.looseObject({
    message: z.string().catch(''),
    code: z.number(),
    error_subcode: z.number().optional().catch(undefined),
    error_data: z
      .looseObject({ details: z.string().optional().catch(undefined) })
      .optional()
      .catch(undefined),
    error_user_msg: z.string().optional().catch(undefined),
    is_transient: z.boolean().optional().catch(undefined),
    fbtrace_id: z.string().optional().catch(undefined),
  }),
});

/** What Meta added to `success: true`, as text; such as that a PIN was not reset. */
export interface WriteAnswer {
  note?: string;
}

/**
 * Meta's Graph API as far as onboarding goes. No request is repeated here. Every method throws {@link GraphApiError},
 * {@link GraphTimeoutError}, {@link GraphConnectionError} or {@link GraphBadAnswerError}; with a pace, also
 * {@link GraphPacedError}.
 */
export interface GraphClient {
  /**
   * `GET /{id}`. A field that the server's version does not know is left out from then on.
   *
   * @param options.fields @default NUMBER_FIELDS
   */
  readNumber(
    id: string,
    options?: RequestOptions & { fields?: readonly string[] },
  ): Promise<GraphNumber>;
  /** `POST /{id}/register`. With 2SV off, this PIN becomes the PIN; with 2SV on, it must equal the PIN (133005). */
  register(id: string, pin: Secret, options?: RequestOptions): Promise<WriteAnswer>;
  /** `POST /{id}/deregister`. Clears neither 2SV nor the number. */
  deregister(id: string, options?: RequestOptions): Promise<WriteAnswer>;
  /** `POST /{id}/request_code`. Meta sends six digits that live about ten minutes. */
  requestCode(
    id: string,
    code: { method: 'SMS' | 'VOICE'; language: string },
    options?: RequestOptions,
  ): Promise<WriteAnswer>;
  /** `POST /{id}/verify_code`. */
  verifyCode(id: string, code: Secret, options?: RequestOptions): Promise<WriteAnswer>;
  /** `POST /{id}` with nothing but `pin`: sets or changes the 2SV PIN of a registered number. */
  setPin(id: string, pin: Secret, options?: RequestOptions): Promise<WriteAnswer>;
  /**
   * `GET /{waba}/phone_numbers`, one page. The words that only a list has are put into those of a read.
   *
   * @param options.fields as of a read; what the server does not know is left out. @default those that Meta gives unasked
   */
  listNumbers(
    wabaId: string,
    options?: RequestOptions & { limit?: number; after?: string; fields?: readonly string[] },
  ): Promise<{ numbers: GraphNumber[]; after?: string }>;
  /** `GET /{waba}/subscribed_apps`: how many apps get the account's webhooks. */
  subscribedApps(wabaId: string, options?: RequestOptions): Promise<{ count: number }>;
  /** `POST /{waba}/subscribed_apps`: the app of the access token gets the account's webhooks. Doing so again changes nothing. */
  subscribeApp(wabaId: string, options?: RequestOptions): Promise<WriteAnswer>;
}

export interface GraphClientOptions {
  /** Such as `https://graph.facebook.com`, or any server that speaks Meta's wire format. */
  baseUrl: string;
  /** Such as `v25.0`. */
  version: string;
  accessToken: Secret;
  /** Caps the requests; clients that share one share the cap. @default no cap */
  pace?: Pace;
}

const DEFAULT_TIMEOUT_MS = 15_000;

const GETS: ReadonlySet<GraphCall> = new Set<GraphCall>(['read', 'list', 'subscribedApps']);

export function createGraphClient({
  baseUrl,
  version,
  accessToken,
  pace,
}: GraphClientOptions): GraphClient {
  const http = ky.create({
    prefixUrl: `${baseUrl.replace(/\/+$/, '')}/${version}`,
    retry: 0,
    throwHttpErrors: false,
    redirect: 'error', // a redirect would hand the bearer token to another server
  });
  const unknownInReads = new Set<string>();
  const unknownInLists = new Set<string>();

  /**
   * Sends one request and returns the answer that `schema` accepts. `sent` are the secrets in it, kept out of any error.
   * `goesOn` is true of a request that does over, with less, what had its turn already.
   */
  async function send<T>(
    call: GraphCall,
    subjectId: string,
    path: string,
    request: { json?: unknown; searchParams?: Record<string, string> },
    schema: z.ZodType<T>,
    sent: Secret[],
    { timeoutMs = DEFAULT_TIMEOUT_MS, signal, goesOn }: RequestOptions & { goesOn?: boolean } = {},
  ): Promise<T> {
    const method = GETS.has(call) ? 'get' : 'post';
    const waitedMs = pace ? await turnOf(pace, call, subjectId, { signal, goesOn }) : 0;
    const { status, headers, body } = await exchange(
      (ending) =>
        http(path, {
          ...request,
          method,
          headers: { authorization: `Bearer ${accessToken.reveal()}` },
          timeout: false, // ky's own covers the headers only
          signal: ending,
        }),
      timeoutMs - waitedMs,
      signal,
    ).catch((error: unknown) => {
      if (signal?.aborted) throw signal.reason;
      if (error instanceof DOMException && error.name === 'TimeoutError')
        throw new GraphTimeoutError(call, subjectId, timeoutMs);
      throw new GraphConnectionError(call, subjectId, systemCodeOf(error));
    });
    const json = body.trim() === '' ? undefined : parseJson(body);
    const failure = errorSchema.safeParse(json);
    if (failure.success) {
      throw new GraphApiError(
        call,
        subjectId,
        envelopeOf(failure.data.error, status, headers, [accessToken, ...sent]),
      );
    }
    const answer = schema.safeParse(json);
    if (status < 300 && answer.success) return answer.data;
    throw new GraphBadAnswerError(call, subjectId, status, kindOf(body, json, method));
  }

  async function write(
    call: GraphCall,
    id: string,
    path: string,
    json: unknown,
    sent: Secret[],
    options?: RequestOptions,
  ): Promise<WriteAnswer> {
    const { success: _, ...rest } = await send(
      call,
      id,
      path,
      json === undefined ? {} : { json },
      successSchema,
      sent,
      options,
    );
    return Object.keys(rest).length === 0
      ? {}
      : { note: scrubbed(JSON.stringify(rest), [accessToken, ...sent]).slice(0, 500) };
  }

  /**
   * Reads with ever fewer fields until the server knows them all. What it does not know is left out of later reads only once
   * a read has given an answer: asked for an object of another kind, Meta knows none of these fields.
   *
   * @param unknown the fields that the server is known not to know
   */
  async function withKnownFields<T>(
    wanted: readonly string[],
    unknown: Set<string>,
    read: (fields: string, goesOn: boolean) => Promise<T>,
  ): Promise<T> {
    const dropped = new Set<string>();
    for (;;) {
      const fields = wanted.filter((field) => !unknown.has(field) && !dropped.has(field));
      try {
        const answer = await read(fields.join(','), dropped.size > 0);
        for (const field of dropped) unknown.add(field);
        return answer;
      } catch (error) {
        const stranger = error instanceof GraphApiError ? unknownFieldOf(error) : undefined;
        const isNoNumber = stranger === FIELD_OF_EVERY_NUMBER;
        if (stranger === undefined || isNoNumber || !fields.includes(stranger)) throw error;
        dropped.add(stranger);
      }
    }
  }

  return {
    readNumber: (id, { fields = NUMBER_FIELDS, ...options } = {}) =>
      withKnownFields(fields, unknownInReads, (asked, goesOn) => {
        const searchParams = { fields: asked };
        return send('read', id, id, { searchParams }, numberSchema, [], { ...options, goesOn });
      }),
    register: (id, pin, options) =>
      write(
        'register',
        id,
        `${id}/register`,
        { messaging_product: 'whatsapp', pin: pin.reveal() },
        [pin],
        options,
      ),
    deregister: (id, options) =>
      write('deregister', id, `${id}/deregister`, undefined, [], options),
    requestCode: (id, { method, language }, options) =>
      write(
        'requestCode',
        id,
        `${id}/request_code`,
        { code_method: method, language },
        [],
        options,
      ),
    verifyCode: (id, code, options) =>
      write('verifyCode', id, `${id}/verify_code`, { code: code.reveal() }, [code], options),
    setPin: (id, pin, options) => write('setPin', id, id, { pin: pin.reveal() }, [pin], options),
    async listNumbers(wabaId, { limit = 100, after, fields, ...options } = {}) {
      const list = (asked: string | undefined, goesOn: boolean) => {
        const searchParams = {
          limit: String(limit),
          ...(after ? { after } : {}),
          ...(asked === undefined ? {} : { fields: asked }),
        };
        const path = `${wabaId}/phone_numbers`;
        return send('list', wabaId, path, { searchParams }, listSchema, [], { ...options, goesOn });
      };
      const page =
        fields === undefined
          ? await list(undefined, false)
          : await withKnownFields([...fields, LISTED_PLATFORM], unknownInLists, list);
      const next = page.paging?.next === undefined ? undefined : page.paging.cursors?.after;
      return { numbers: page.data, ...(next ? { after: next } : {}) };
    },
    async subscribedApps(wabaId, options) {
      const path = `${wabaId}/subscribed_apps`;
      const { data } = await send(
        'subscribedApps',
        wabaId,
        path,
        {},
        subscribedAppsSchema,
        [],
        options,
      );
      return { count: data.length };
    },
    subscribeApp: (wabaId, options) =>
      write('subscribeApp', wabaId, `${wabaId}/subscribed_apps`, undefined, [], options),
  };
}

function envelopeOf(
  error: z.infer<typeof errorSchema>['error'],
  httpStatus: number,
  headers: Headers,
  secrets: Secret[],
): GraphErrorEnvelope {
  const texts = [error.error_data?.details, error.error_user_msg, error.message];
  const text = texts.map((said) => said?.trim()).find(Boolean) ?? 'no reason given';
  const retryAfterMs = retryAfterOf(headers);
  return {
    code: error.code,
    ...(error.error_subcode === undefined ? {} : { subcode: error.error_subcode }),
    text: scrubbed(text, secrets).slice(0, 1000),
    ...(error.fbtrace_id === undefined
      ? {}
      : { fbtraceId: scrubbed(error.fbtrace_id, secrets).slice(0, 100) }),
    isTransient: error.is_transient ?? false,
    httpStatus,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** Meta repeats what it was sent in some of its texts, digits grouped or not; a PIN in there would end up in a log. */
function scrubbed(text: string, secrets: Secret[]): string {
  return secrets.reduce((clean, secret) => {
    const value = secret.reveal();
    const grouped = /^[0-9]+$/.test(value) ? new RegExp([...value].join('[\\s-]?'), 'g') : value;
    return clean.replaceAll(grouped, '[redacted]');
  }, text);
}

const usageSchema = z.record(
  z.string(),
  z.array(z.looseObject({ estimated_time_to_regain_access: z.number().optional() })),
);

/** The wait that Meta's headers ask for: minutes in `X-Business-Use-Case-Usage`, seconds or a date in `Retry-After`. */
function retryAfterOf(headers: Headers): number | undefined {
  const usage = usageSchema.safeParse(parseJson(headers.get('x-business-use-case-usage') ?? ''));
  const minutes = usage.success
    ? Math.max(
        0,
        ...Object.values(usage.data)
          .flat()
          .map((use) => use.estimated_time_to_regain_access ?? 0),
      )
    : 0;
  if (minutes > 0) return minutes * 60_000;
  const retryAfter = headers.get('retry-after');
  if (retryAfter === null) return undefined;
  const ms = /^[0-9]+$/.test(retryAfter)
    ? Number(retryAfter) * 1000
    : Date.parse(retryAfter) - Date.now();
  return ms > 0 ? ms : undefined;
}

/** Code 100 "Tried accessing nonexistent field (x) …": the field's name. */
function unknownFieldOf(error: GraphApiError): string | undefined {
  if (error.answer.code !== 100) return undefined;
  return /nonexistent field \(([a-z_]+)\)/.exec(error.answer.text)?.[1];
}

function kindOf(body: string, json: unknown, method: 'get' | 'post'): GraphBadAnswerError['kind'] {
  if (body.trim() === '') return 'empty';
  if (json === undefined) return 'not JSON';
  return method === 'post' ? 'without success' : 'of an unknown shape';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the caller reports what is not JSON
  }
}

function systemCodeOf(error: unknown): string | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') return at.code;
  }
  return undefined;
}
