/** Meta's webhooks: what Meta says of numbers on its own account. Signed by Meta; no token of this API counts here. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Configuration } from '../../../configuration/configuration.js';
import type { AuditLog } from '../audit.js';
import { ApiProblem } from '../problems.js';
import type { Gate } from '../requests.js';
import type { UnderWay } from '../under-way.js';
import { withinMs } from '../within.js';
import { createBodySlots } from './body-slots.js';
import { type ChangeParts, type HandledChange, handleChange } from './handle-change.js';
import { changesIn, type MetaChange } from './meta-payload.js';
import { isSignature, isSignedByMeta, isToken } from './signature.js';

/** Both of Meta's requests go here. */
export const META_WEBHOOKS_PATH = '/webhooks/meta';

/** Secrets and choices of the operator. */
export type MetaWebhooks = NonNullable<Configuration['metaWebhooks']>;

export interface MetaWebhooksParts extends ChangeParts {
  meta: MetaWebhooks;
  gate: Gate;
  audit: AuditLog;
  underWay: UnderWay;
  /** How long Meta waits for the answer to what it posts, in milliseconds. */
  answerMs: number;
  /** Bodies that are received at a time. */
  mostBodies: number;
}

/** Meta's payloads have up to 3 MB. Source: Meta's page on the webhooks of the WhatsApp Business Platform. */
const BODY_BYTES = 3 * 1024 * 1024;
/** Changes of one payload that are handled at a time. */
const AT_A_TIME = 10;
/** That there is no room for bodies is to be seen in the audit trail, not to fill the disk. */
const NOTED_AGAIN_MS = 60_000;

/** In the audit trail. */
const ACTION = 'metaWebhook';
const REFUSALS = new Set([400, 401, 403, 413, 429]);

export async function addMetaWebhooks(
  app: FastifyInstance,
  parts: MetaWebhooksParts,
): Promise<void> {
  const { meta, gate, audit, underWay, clock } = parts;
  const slots = createBodySlots(parts.mostBodies);
  let noRoomNotedAt = Number.NEGATIVE_INFINITY;

  function note(
    { ip, id }: FastifyRequest,
    status: number,
    about: Pick<HandledChange, 'outcome' | 'event' | 'phoneNumberId' | 'label'>,
  ): void {
    const { event, phoneNumberId, label, outcome } = about;
    audit.write({
      action: ACTION,
      ...(event === undefined ? {} : { event }),
      ...(phoneNumberId === undefined ? {} : { phoneNumberId }),
      ...(label === undefined ? {} : { label }),
      ...{ from: ip, requestId: id, status, outcome },
    });
  }

  async function refuse(request: FastifyRequest, problem: ApiProblem): Promise<never> {
    await gate.countRefusal(request, 'Too much from your address was refused');
    throw problem;
  }

  /** @throws ApiProblem where one of them could not be handled now: Meta sends all of them again */
  async function handleAll(changes: MetaChange[], request: FastifyRequest): Promise<void> {
    let failure: ApiProblem | undefined;
    for (let from = 0; from < changes.length; from += AT_A_TIME) {
      await Promise.all(
        changes.slice(from, from + AT_A_TIME).map(async (change) => {
          const handled = await handleChange(change, parts);
          failure ??= handled.failure;
          note(request, handled.failure?.status ?? 200, handled);
        }),
      );
    }
    if (failure !== undefined) throw failure;
  }

  /**
   * Before the body is received, as anybody may send one. Where it is not to be, the connection is closed after the answer: there
   * is nothing left to say on it but that body.
   */
  async function admitBody(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    if (!isSignature(request.headers['x-hub-signature-256'])) {
      reply.header('connection', 'close');
      await refuse(
        request,
        new ApiProblem(
          'signature-invalid',
          'The header X-Hub-Signature-256 must be "sha256=" and the 64 hexadecimal digits of the HMAC of the body: sign it with the app secret that META_APP_SECRET holds.',
        ),
      );
    }
    if (!slots.take(request)) {
      reply.header('connection', 'close');
      const problem = new ApiProblem(
        'too-much-at-once',
        'There is no room for this body now: send it again.',
        {},
        { 'retry-after': '5' },
      );
      const now = clock().getTime();
      if (Math.abs(now - noRoomNotedAt) >= NOTED_AGAIN_MS) {
        noRoomNotedAt = now;
        note(request, problem.status, { outcome: problem.type });
      }
      throw problem;
    }
    // Also where it is cut off, too large or too slow.
    reply.raw.once('close', () => slots.giveBack(request));
    if (reply.raw.destroyed) slots.giveBack(request);
  }

  async function post(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    if (!isSignedByMeta(body, request.headers['x-hub-signature-256'], meta.appSecret)) {
      return refuse(
        request,
        new ApiProblem(
          'signature-invalid',
          'The header X-Hub-Signature-256 is not the signature of this body: sign it with the app secret that META_APP_SECRET holds.',
        ),
      );
    }
    const handling = handleAll(changesIn(parsed(body), meta.rotateOnChange), request);
    underWay.begin(handling);
    const ended = () => underWay.end(handling);
    handling.then(ended, ended);
    if (await withinMs(parts.answerMs, handling)) return reply.code(200).send();
    // It goes on, and is noted; sent again, what has been done is not done twice.
    throw new ApiProblem('too-slow', 'It is not known what became of this: send it again.');
  }

  await app.register(async (webhooks) => {
    webhooks.removeAllContentTypeParsers();
    // The signature is of the bytes: whatever a body says that it is, nothing of it is looked at before.
    webhooks.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
      done(null, body);
    });
    webhooks.addHook('onRequest', async (_request, reply) => {
      reply.header('cache-control', 'no-store');
    });
    webhooks.addHook('onSend', async (request, { statusCode }) => {
      const { problem, written } = request.noted;
      if (problem === undefined || written === true || !REFUSALS.has(statusCode)) return;
      note(request, statusCode, { outcome: problem.type });
    });
    webhooks.setErrorHandler(async (error: FastifyError, request) => {
      if (error.code !== 'FST_ERR_CTP_BODY_TOO_LARGE') throw error;
      await refuse(request, new ApiProblem('body-too-large', 'Send a body of at most 3 MB.'));
    });
    webhooks.get(META_WEBHOOKS_PATH, { schema: { hide: true } }, async (request, reply) => {
      const query = request.query as Record<string, unknown>;
      const challenge = query['hub.challenge'];
      if (
        query['hub.mode'] !== 'subscribe' ||
        typeof challenge !== 'string' ||
        !isToken(query['hub.verify_token'], meta.verifyToken)
      ) {
        return refuse(
          request,
          new ApiProblem(
            'verify-token-invalid',
            'This is no subscription with the verify token that META_WEBHOOK_VERIFY_TOKEN holds: enter the same text in the webhook settings of the app.',
          ),
        );
      }
      note(request, 200, { outcome: 'subscribed' });
      return reply.type('text/plain; charset=utf-8').send(challenge);
    });
    webhooks.post(
      META_WEBHOOKS_PATH,
      {
        ...{ bodyLimit: BODY_BYTES, schema: { hide: true }, onRequest: admitBody },
        preValidation: async (request) => slots.giveBack(request),
      },
      post,
    );
  });
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new ApiProblem('invalid-request', 'Send the body as one JSON object.');
  }
}
