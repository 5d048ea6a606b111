/** Requests as Meta sends them. */
import { createHmac } from 'node:crypto';
import type { InjectOptions } from 'fastify';
import { Secret } from '../../activities/secret.js';

export const APP_SECRET = '5f2b1c0d9e8f7a6b5c4d3e2f1a0b9c8d';
export const VERIFY_TOKEN = 'meaty-hamhock-and-more';
export const WABA_ID = '102290129340398';

export const META = {
  appSecret: new Secret(APP_SECRET),
  verifyToken: new Secret(VERIFY_TOKEN),
  rotateOnChange: 'offer',
} as const;

export function signatureOf(body: string | Buffer, appSecret = APP_SECRET): string {
  return `sha256=${createHmac('sha256', appSecret).update(body).digest('hex')}`;
}

/** A request with these bytes, signed. */
export function signed(
  body: string | Buffer,
  signature: string | undefined = signatureOf(body),
): InjectOptions {
  return {
    ...{ method: 'POST', url: '/webhooks/meta', payload: body },
    headers: { 'content-type': 'application/json', 'x-hub-signature-256': signature },
  };
}

export interface MetaEntry {
  id?: string;
  /** When it happened. */
  at: Date;
  changes: { field: string; value: object }[];
}

export function payloadOf(...entries: MetaEntry[]): string {
  return JSON.stringify({
    object: 'whatsapp_business_account',
    entry: entries.map(({ id = WABA_ID, at, changes }) => ({
      ...{ id, time: Math.floor(at.getTime() / 1_000), changes },
    })),
  });
}

export const pinChanged = (telephone: string) => ({
  field: 'security',
  value: { display_phone_number: telephone, event: 'PIN_CHANGED' },
});

export const nameDecided = (telephone: string, decision = 'APPROVED', more: object = {}) => ({
  field: 'phone_number_name_update',
  value: {
    ...{ display_phone_number: telephone, decision },
    ...{ requested_verified_name: 'Lucky Shrub', rejection_reason: null, ...more },
  },
});
