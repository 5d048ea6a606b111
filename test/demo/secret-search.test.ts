import { expect, test } from 'vitest';
import { type History, placesOf } from '../../demo/secret-search.js';

const PIN = '048213';

/** A history with one payload and, in other fields, what a history holds beside it. */
function historyWith(data: string | Uint8Array, identity = 'worker'): History {
  return {
    events: [
      {
        eventTime: { nanos: 148_213_000 },
        workflowExecutionStartedEventAttributes: {
          identity,
          input: { payloads: [{ data: typeof data === 'string' ? Buffer.from(data) : data }] },
        },
      },
    ],
  } as History;
}

const PAYLOAD = 'events.0.workflowExecutionStartedEventAttributes.input.payloads.0.data';

test.each([
  ['as it is', `{"pin":"${PIN}"}`],
  ['percent-encoded', '{"body":"pin=%30%34%38%32%31%33"}'],
  ['in base64', Buffer.from(PIN).toString('base64')],
  ['in base64 after one byte', Buffer.from(`x${PIN} and more`).toString('base64')],
  ['in base64 after two bytes', Buffer.from(`xy${PIN}`).toString('base64')],
  ['in base64 of a whole JSON', Buffer.from(`{"pin":"${PIN}"}`).toString('base64')],
])('a PIN that stands in a payload %s is found', (_, text) => {
  expect(placesOf(PIN, historyWith(text))).toEqual([PAYLOAD]);
});

test('a PIN is found in any field, also as a number', () => {
  expect(placesOf(PIN, historyWith('', `agent ${PIN}`))).toEqual([
    'events.0.workflowExecutionStartedEventAttributes.identity',
  ]);
  expect(placesOf('148213000', historyWith(''))).toEqual(['events.0.eventTime.nanos']);
});

test('digits within a longer number are not the PIN', () => {
  expect(placesOf(PIN, historyWith(`{"id":"1${PIN}","other":"${PIN}7"}`))).toEqual([]);
});
