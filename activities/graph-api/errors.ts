/** The calls of Meta's API that this product makes. */
export type GraphCall =
  | 'read'
  | 'register'
  | 'deregister'
  | 'requestCode'
  | 'verifyCode'
  | 'setPin'
  | 'list'
  | 'subscribedApps'
  | 'subscribeApp';

/** What a person reads in place of a call's name. */
export const CALL_WORDS: Record<GraphCall, string> = {
  read: 'read number',
  register: 'register number',
  deregister: 'deregister number',
  requestCode: 'send a code to number',
  verifyCode: 'accept the code for number',
  setPin: 'set the two-step-verification PIN of number',
  list: 'list the numbers of account',
  subscribedApps: 'list the subscribed apps of account',
  subscribeApp: 'subscribe the app to account',
};

/** Base of what a call to the Graph API throws. No message or field holds a PIN, a code or the access token. */
export abstract class GraphError extends Error {
  constructor(
    message: string,
    readonly call: GraphCall,
    /** The id the call was about: a number's, or for lists the WhatsApp Business account's. */
    readonly subjectId: string,
  ) {
    super(message);
  }
}

/** What Meta's error envelope held. */
export interface GraphErrorEnvelope {
  code: number;
  subcode?: number;
  /** `error_data.details`, else `error_user_msg`, else `message`. */
  text: string;
  fbtraceId?: string;
  isTransient: boolean;
  httpStatus: number;
  /** How long Meta asks to wait, in milliseconds, from `X-Business-Use-Case-Usage` or `Retry-After`. */
  retryAfterMs?: number;
}

/** Meta answered with an error envelope. */
export class GraphApiError extends GraphError {
  override readonly name = 'GraphApiError';

  constructor(
    call: GraphCall,
    subjectId: string,
    readonly answer: GraphErrorEnvelope,
  ) {
    const code = answer.subcode ? `${answer.code}/${answer.subcode}` : `${answer.code}`;
    super(
      `Meta refused to ${CALL_WORDS[call]} ${subjectId}: ${answer.text} (${code}).`,
      call,
      subjectId,
    );
  }
}

/** No answer came within the request's timeout. */
export class GraphTimeoutError extends GraphError {
  override readonly name = 'GraphTimeoutError';

  constructor(call: GraphCall, subjectId: string, timeoutMs: number) {
    super(
      `Meta did not answer the request to ${CALL_WORDS[call]} ${subjectId} within ${timeoutMs / 1000} s.`,
      call,
      subjectId,
    );
  }
}

/** The connection could not be made, or broke before an answer. */
export class GraphConnectionError extends GraphError {
  override readonly name = 'GraphConnectionError';

  /** True where the failure came before a single byte of the request had left. */
  readonly neverSent: boolean;

  constructor(call: GraphCall, subjectId: string, systemCode: string | undefined) {
    super(
      `The connection to the Graph API failed on the request to ${CALL_WORDS[call]} ${subjectId}${
        systemCode ? ` (${systemCode})` : ''
      }.`,
      call,
      subjectId,
    );
    this.neverSent = NEVER_SENT.has(systemCode ?? '');
  }
}

const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** An answer came that is not Meta's wire format, or does not say `success: true`. */
export class GraphBadAnswerError extends GraphError {
  override readonly name = 'GraphBadAnswerError';

  constructor(
    call: GraphCall,
    subjectId: string,
    readonly httpStatus: number,
    readonly kind: 'empty' | 'not JSON' | 'without success' | 'of an unknown shape',
  ) {
    super(
      `The answer to the request to ${CALL_WORDS[call]} ${subjectId} was ${kind} (HTTP ${httpStatus}).`,
      call,
      subjectId,
    );
  }
}

/** Nothing was sent: this worker has used up its own cap on calls to Meta. */
export class GraphPacedError extends GraphError {
  override readonly name = 'GraphPacedError';

  constructor(
    call: GraphCall,
    subjectId: string,
    readonly callsPerHour: number,
    /** Milliseconds after which the call should be made again. */
    readonly waitMs: number,
  ) {
    super(
      `This worker has used up its own cap of ${callsPerHour} calls to Meta per hour, so Meta was not asked to ${CALL_WORDS[call]} ${subjectId}.`,
      call,
      subjectId,
    );
  }
}
