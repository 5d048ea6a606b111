import type { GraphError } from './error-answers.js';
import { fieldNames, fieldRefusal, listedNumber } from './number-fields.js';
import type { Registry } from './registry.js';

/** An answer, or why there is none. */
export type Answer = { ok: true; body: Record<string, unknown> } | { ok: false; error: GraphError };

const answered = (body: Record<string, unknown>): Answer => ({ ok: true, body });
const refused = (error: GraphError): Answer => ({ ok: false, error });

const LARGEST_PAGE = 100;
const DEFAULT_PAGE = 25;

/** `GET /{waba-id}/phone_numbers`, paged by cursors. */
export function listNumbers(
  registry: Registry,
  wabaId: string,
  url: URL,
  unknownFields: readonly string[],
  now: number,
): Answer {
  const names = fieldNames(url.searchParams.get('fields'));
  const refusal = fieldRefusal(names, unknownFields, true);
  if (refusal !== undefined) return refused(refusal);

  const limit = Number(url.searchParams.get('limit') ?? DEFAULT_PAGE);
  if (!Number.isInteger(limit) || limit < 1 || limit > LARGEST_PAGE) {
    return refused({ code: 100, message: `limit must be a number from 1 to ${LARGEST_PAGE}` });
  }
  const numbers = registry.all().filter((number) => number.wabaId === wabaId);
  const after = url.searchParams.get('after');
  const before = after === null ? -1 : numbers.findIndex((number) => cursorOf(number.id) === after);
  if (after !== null && before < 0) return refused({ code: 100, message: 'Invalid cursor' });

  const page = numbers.slice(before + 1, before + 1 + limit);
  const first = page[0];
  const last = page.at(-1);
  const data = page.map((number) => listedNumber(number, names, now));
  if (first === undefined || last === undefined) return answered({ data });

  const paging: Record<string, unknown> = {
    cursors: { before: cursorOf(first.id), after: cursorOf(last.id) },
  };
  if (before + 1 + page.length < numbers.length) {
    const next = new URL(url);
    next.searchParams.set('after', cursorOf(last.id));
    paging.next = next.href;
  }
  return answered({ data, paging });
}

const cursorOf = (id: string): string => Buffer.from(id).toString('base64url');

/** `POST /{waba-id}/phone_numbers`. Not idempotent: the same number again is refused. */
export function addNumber(
  registry: Registry,
  wabaId: string,
  body: Record<string, unknown>,
  newId: string,
): Answer {
  const { cc, phone_number: phoneNumber, verified_name: verifiedName } = body;
  if (typeof cc !== 'string' || !/^[0-9]{1,3}$/.test(cc)) {
    return refused({ code: 100, message: 'cc must be a country calling code' });
  }
  if (typeof phoneNumber !== 'string' || !/^[0-9 ()-]{4,20}$/.test(phoneNumber)) {
    return refused({ code: 100, message: 'Phone number validation failed: invalid format' });
  }
  if (typeof verifiedName !== 'string' || verifiedName === '') {
    return refused({ code: 100, message: 'verified_name is required' });
  }
  const displayPhoneNumber = `+${cc} ${phoneNumber}`;
  const digits = displayPhoneNumber.replaceAll(/[^0-9]/g, '');
  const taken = registry
    .all()
    .some(
      (number) =>
        number.status !== 'DELETED' &&
        number.displayPhoneNumber.replaceAll(/[^0-9]/g, '') === digits,
    );
  if (taken) {
    return refused({
      code: 100,
      status: 422,
      message: 'Phone number is already registered with WhatsApp Business',
    });
  }
  registry.add({ id: newId, wabaId, displayPhoneNumber, verifiedName });
  return answered({ id: newId });
}

const APP = { id: '670843887433847', name: 'Number onboarding' };

/** `GET /{waba-id}/subscribed_apps`. */
export function subscribedApps(registry: Registry, wabaId: string): Answer {
  const subscribed = registry.findAccount(wabaId)?.subscribed ?? false;
  const link = `https://www.facebook.com/games/?app_id=${APP.id}`;
  return answered({ data: subscribed ? [{ whatsapp_business_api_data: { ...APP, link } }] : [] });
}

/** `POST /{waba-id}/subscribed_apps`. */
export function subscribe(registry: Registry, wabaId: string): Answer {
  registry.putAccount({ id: wabaId, subscribed: true });
  return answered({ success: true });
}

/** `GET /{waba-id}`. */
export function readAccount(wabaId: string): Answer {
  return answered({ id: wabaId, name: 'Lucky Shrub', timezone_id: '1' });
}
