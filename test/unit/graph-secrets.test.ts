import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { failureOf } from '../../activities/failures.js';
import type { GraphClient } from '../../activities/graph-api/graph-client.js';
import { Secret } from '../../activities/secret.js';
import { clientOf, refusal, rejection, TOKEN, wireServer } from './wire-server.js';

const ID = '106540352242922';
const PIN = '830174';
const CODE = '412957';

/** Everything a thing can be turned into on its way to a log. */
function everyText(thing: unknown): string {
  const parts = [String(thing), inspect(thing, { depth: 10, showHidden: true })];
  for (let at = thing; at instanceof Error; at = at.cause) {
    parts.push(at.message, at.stack ?? '', JSON.stringify(at), JSON.stringify({ ...at }));
    parts.push(JSON.stringify(Object.getOwnPropertyDescriptors(at)));
  }
  return parts.join('\n');
}

const WRITES: [string, string, (graph: GraphClient) => Promise<unknown>][] = [
  ['register', PIN, (graph) => graph.register(ID, new Secret(PIN))],
  ['set PIN', PIN, (graph) => graph.setPin(ID, new Secret(PIN))],
  ['verify code', CODE, (graph) => graph.verifyCode(ID, new Secret(CODE))],
];

const PLACES: [string, (echo: string) => Record<string, unknown>][] = [
  ['message', (echo) => ({ message: `(#100) pin=${echo}`, code: 100 })],
  ['details', (echo) => ({ error_data: { details: `You sent ${echo}.` }, code: 133005 })],
  ['user message', (echo) => ({ error_user_msg: `${echo}${echo}`, code: 136025 })],
  ['fbtrace_id', (echo) => ({ fbtrace_id: echo, code: 1 })],
  ['title and unknown fields', (echo) => ({ error_user_title: echo, debug: { echo }, code: 10 })],
  ['a text cut for its length', (echo) => ({ message: `${'x'.repeat(996)}${echo}` })],
  ['a trace cut for its length', (echo) => ({ fbtrace_id: `${'x'.repeat(97)}${echo}` })],
];

test.each(WRITES.flatMap((write) => PLACES.map((place) => [...write, ...place] as const)))(
  '%s (%s): echoed in the %4$s, neither it nor the token gets into the error',
  async (_, secret, call, __, place) => {
    const server = await wireServer({ status: 400, body: refusal(place(`${secret} ${TOKEN}`)) });
    const error = await rejection(call(clientOf(server.url)));
    const text = everyText(error) + everyText(failureOf(error));
    expect(text).not.toContain(secret);
    expect(text).not.toContain(TOKEN);
    // Not a part of it either, where a text is cut.
    for (const whole of [secret, TOKEN]) expect(text).not.toContain(`x${whole.slice(0, 3)}`);
  },
);

test.each(WRITES)(
  '%s (%s): echoed in a bad answer or a note, it is repeated nowhere',
  async (_, secret, call) => {
    for (const body of [
      `<html>${secret} ${TOKEN}</html>`,
      { success: false, pin: secret, token: TOKEN },
      `{"pin":"${secret}`,
    ]) {
      const server = await wireServer({ status: 200, body });
      const text = everyText(await rejection(call(clientOf(server.url))));
      expect(text).not.toContain(secret);
      expect(text).not.toContain(TOKEN);
    }
    for (const padding of [0, 485, 486, 487, 488, 489, 490]) {
      const body = { success: true, note: `${'x'.repeat(padding)}${secret} ${TOKEN}` };
      const server = await wireServer({ body });
      const text = everyText(await call(clientOf(server.url)));
      expect(text).not.toContain(secret);
      expect(text).not.toContain(`x${secret.slice(0, 1)}`);
      expect(text).not.toContain(TOKEN);
    }
  },
);

test.each(WRITES)(
  '%s (%s): a broken connection or a timeout carries nothing of the request',
  async (_, secret, call) => {
    const reset = await wireServer({ instead: (response) => response.socket?.resetAndDestroy() });
    const error = await rejection(call(clientOf(reset.url)));
    const silent = await wireServer({ instead: () => undefined });
    const timeout = await rejection(
      clientOf(silent.url).setPin(ID, new Secret(secret), { timeoutMs: 50 }),
    );
    for (const text of [error, timeout, failureOf(error), failureOf(timeout)].map(everyText)) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(TOKEN);
    }
  },
);

test('a code that Meta echoes as the SMS groups it is not repeated either', async () => {
  const echo = `${CODE.slice(0, 3)}-${CODE.slice(3)}`;
  const server = await wireServer({
    status: 400,
    body: refusal({ error_data: { details: `The code ${echo} is wrong.` }, code: 136025 }),
  });
  const error = await rejection(clientOf(server.url).verifyCode(ID, new Secret(CODE)));
  expect(everyText(failureOf(error))).not.toContain(echo);
  expect(everyText(error)).toContain('The code [redacted] is wrong.');
});
