import { expect, test, vi } from 'vitest';
import { clientOf, refusal, rejection, wireServer } from './wire-server.js';

const USAGE = (...minutes: unknown[]) =>
  JSON.stringify({
    '1234567890': minutes.map((estimated_time_to_regain_access) => ({
      type: 'whatsapp',
      call_count: 100,
      estimated_time_to_regain_access,
    })),
  });

test.each<[string, Record<string, string>, number | undefined]>([
  ['minutes in X-Business-Use-Case-Usage', { 'x-business-use-case-usage': USAGE(19) }, 19 * 60_000],
  ['the longest of several', { 'x-business-use-case-usage': USAGE(3, 42, 0) }, 42 * 60_000],
  [
    'usage before Retry-After',
    { 'x-business-use-case-usage': USAGE(2), 'retry-after': '9' },
    120_000,
  ],
  ['a usage that asks for no wait', { 'x-business-use-case-usage': USAGE(0) }, undefined],
  [
    'a broken usage, then Retry-After',
    { 'x-business-use-case-usage': '{"', 'retry-after': '9' },
    9000,
  ],
  ['a usage of another shape', { 'x-business-use-case-usage': '{"a":1}' }, undefined],
  ['a usage of wrong types', { 'x-business-use-case-usage': USAGE('soon') }, undefined],
  ['seconds in Retry-After', { 'retry-after': '120' }, 120_000],
  ['no seconds', { 'retry-after': '0' }, undefined],
  ['a Retry-After of no known format', { 'retry-after': 'later' }, undefined],
  ['a date gone by', { 'retry-after': 'Mon, 23 Nov 2020 10:00:00 GMT' }, undefined],
  ['no header', {}, undefined],
])('the wait that Meta asks for is read from %s', async (_, headers, retryAfterMs) => {
  const server = await wireServer({ status: 429, headers, body: refusal({ code: 80008 }) });
  const error = await rejection(clientOf(server.url).deregister('12345'));
  expect(error).toMatchObject({ answer: { code: 80008 } });
  expect((error as { answer: { retryAfterMs?: number } }).answer.retryAfterMs).toBe(retryAfterMs);
});

test('a date in Retry-After is waited for', async () => {
  vi.spyOn(Date, 'now').mockReturnValue(Date.parse('2026-11-23T10:00:00Z'));
  const headers = { 'retry-after': 'Mon, 23 Nov 2026 10:01:30 GMT' };
  const server = await wireServer({ status: 429, headers, body: refusal({ code: 4 }) });
  const error = await rejection(clientOf(server.url).deregister('12345'));
  vi.restoreAllMocks();
  expect(error).toMatchObject({ answer: { retryAfterMs: 90_000 } });
});
