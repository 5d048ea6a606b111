/** What people send to a run. */
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { encode } from '@temporalio/common/lib/encoding.js';
import type { Nonsense } from './case.js';

export const payloadOf = (value: unknown): Payload => defaultPayloadConverter.toPayload(value);

export function nonsense(kind: Nonsense): Payload {
  const data = encode('"123-830"');
  switch (kind) {
    case 'brokenJson':
      return { metadata: { encoding: encode('json/plain') }, data: encode('{"code":') };
    case 'noEncoding':
      return { data };
    case 'unknownEncoding':
      return { metadata: { encoding: encode('binary/strange') }, data };
    case 'wrongShape':
      return payloadOf({ code: ['1'], by: { hours: 3 } });
    case 'nothing':
      return payloadOf(undefined);
  }
}

/** A code as a hurried person types it. */
export const oddlyTyped = (code: string): string =>
  `WhatsApp code ${code.slice(0, 3)}-${code.slice(3)}`;

/** A code that is certainly wrong; a few different ones, as each is tried once. */
export function wrongCode(right: string | undefined, how: number): string {
  const wrong = ['111111', '222222', '333333', '444444', '555555', '666666', '777777'];
  return wrong.filter((code) => code !== right)[how % 6] ?? '111111';
}
