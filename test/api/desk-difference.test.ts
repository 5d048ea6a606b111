import { expect, test } from 'vitest';
import { differenceOf } from '../../client/api/desk-difference.js';
import { createMailbox } from '../../client/api/desk-mailbox.js';
import { onboarding } from './desk-scene.js';

function viewOf(changes: Parameters<typeof onboarding>[0]) {
  const shown = onboarding(changes);
  return new Map([[shown.phoneNumberId, { onboarding: shown, text: JSON.stringify(shown) }]]);
}

const OLD = viewOf({ runId: 'run-1', label: 'shop' });
const NEXT = viewOf({ runId: 'run-2', label: 'outlet' });
const GONE = { event: 'gone', data: { runId: 'run-1' }, label: 'shop' };
const CHANGED = { event: 'onboarding', data: { runId: 'run-2', label: 'outlet' } };

test('a number whose next run has another label is gone for who sees the old label, and then there', () => {
  expect(differenceOf(OLD, NEXT)).toMatchObject([GONE, CHANGED]);
});

test('a number whose next run has the same label has changed, and is not gone', () => {
  const next = viewOf({ runId: 'run-2', label: 'shop' });
  expect(differenceOf(OLD, next)).toMatchObject([{ event: 'onboarding' }]);
});

test('a slow listener hears both, and in the end what holds', () => {
  const mailbox = createMailbox(10);
  for (const event of differenceOf(OLD, NEXT)) mailbox.put(event);
  expect([mailbox.take(), mailbox.take()]).toMatchObject([GONE, CHANGED]);
  for (const event of [...differenceOf(OLD, NEXT), ...differenceOf(NEXT, OLD)]) mailbox.put(event);
  expect([mailbox.take(), mailbox.take()]).toMatchObject([
    { event: 'gone', label: 'outlet' },
    { event: 'onboarding', data: { label: 'shop' } },
  ]);
  expect(mailbox.take()).toBeUndefined();
});
