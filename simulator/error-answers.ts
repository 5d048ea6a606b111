import { randomBytes } from 'node:crypto';

/** What goes into an error answer of the Graph API. */
export interface GraphError {
  code: number;
  subcode?: number;
  /** @default the code's own message */
  message?: string;
  /** `error_data.details`. */
  details?: string;
  userTitle?: string;
  /** `error_user_msg`. */
  userMessage?: string;
  /** HTTP status. @default the code's own, else 400 */
  status?: number;
  /** `is_transient`. @default the code's own, else false */
  transient?: boolean;
}

interface KnownError {
  status: number;
  message: string;
  transient?: true;
}

const tokenError = (message: string): KnownError => ({ status: 401, message });
const permissionError = (message: string): KnownError => ({ status: 403, message });
const rateLimit = (message: string): KnownError => ({ status: 400, message, transient: true });

/** HTTP status and message by error code. Where Meta's text is not known, the message is in its manner. */
const KNOWN_ERRORS: Readonly<Record<number, KnownError>> = {
  0: tokenError('AuthException'),
  1: { status: 500, message: 'An unknown error occurred', transient: true },
  2: { status: 503, message: 'Service temporarily unavailable', transient: true },
  3: permissionError('Capability or permissions issue'),
  4: rateLimit('Application request limit reached'),
  10: permissionError('Application does not have permission for this action'),
  17: rateLimit('User request limit reached'),
  32: rateLimit('Page request limit reached'),
  33: { status: 400, message: 'Parameter value is not valid' },
  100: { status: 400, message: 'Invalid parameter' },
  102: tokenError('Session key invalid or no longer valid'),
  104: tokenError('An access token is required to request this resource.'),
  190: tokenError('Invalid OAuth access token'),
  200: permissionError("Your app doesn't have permission to access this phone number"),
  368: permissionError('Temporarily blocked for policies violations'),
  613: rateLimit('Calls to this api have exceeded the rate limit.'),
  803: { status: 404, message: 'Some of the aliases you requested do not exist' },
  2500: { status: 400, message: 'Unknown path components' },
  80007: rateLimit('Rate limit issues'),
  80008: rateLimit('There have been too many calls to this WhatsApp Business account'),
  130429: { status: 429, message: 'Rate limit hit', transient: true },
  131000: { status: 500, message: 'Something went wrong', transient: true },
  131005: permissionError('Access denied'),
  131008: { status: 400, message: 'Required parameter is missing' },
  131009: { status: 400, message: 'Parameter value is not valid' },
  131016: { status: 503, message: 'Service unavailable', transient: true },
  131031: permissionError('Business Account locked'),
  131057: { status: 500, message: 'Account in maintenance mode', transient: true },
  133000: { status: 500, message: 'Deregister incomplete' },
  133004: { status: 503, message: 'Server temporarily unavailable', transient: true },
  133005: { status: 400, message: 'Two step verification PIN Mismatch' },
  133006: { status: 400, message: 'Phone number re-verification needed' },
  133008: { status: 400, message: 'Too many two step verification PIN guesses' },
  133009: { status: 400, message: 'Two step verification PIN guessed too fast' },
  133010: { status: 400, message: 'The account is not registered' },
  133015: {
    status: 400,
    message: 'Please wait a few minutes before attempting to register this phone number',
  },
  133016: { status: 400, message: 'Account register deregister rate limit exceeded' },
  136024: { status: 400, message: 'Request code error' },
  136025: { status: 400, message: 'Verify code error' },
};

/** HTTP status of an error answer. */
export function statusOfError(error: GraphError): number {
  return error.status ?? KNOWN_ERRORS[error.code]?.status ?? 400;
}

/** The body of an error answer, with a fresh `fbtrace_id`. */
export function errorEnvelope(error: GraphError): object {
  const known = KNOWN_ERRORS[error.code];
  const message = error.message ?? known?.message ?? 'An unknown error occurred';
  return {
    error: {
      message: `(#${error.code}) ${message}`,
      type: 'OAuthException',
      code: error.code,
      ...(error.subcode === undefined ? {} : { error_subcode: error.subcode }),
      ...(error.details === undefined
        ? {}
        : { error_data: { messaging_product: 'whatsapp', details: error.details } }),
      ...(error.userTitle === undefined ? {} : { error_user_title: error.userTitle }),
      ...(error.userMessage === undefined ? {} : { error_user_msg: error.userMessage }),
      is_transient: error.transient ?? known?.transient ?? false,
      fbtrace_id: `A${randomBytes(12).toString('base64url')}`,
    },
  };
}
