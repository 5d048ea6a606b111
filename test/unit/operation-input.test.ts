import { describe, expect, test } from 'vitest';
import {
  parseLaterRotation,
  parseNumberEvent,
  parseOffboardingInput,
  parseReconcileInput,
  parseReregistrationInput,
  parseRotationInput,
  parseSweepInput,
} from '../../workflows/operation-input.js';

const ID = '106540352242922';
const DAY_MS = 86_400_000;
const AT = '2026-11-23T14:32:05Z';
const CHANGED = { event: 'pinChanged', at: AT, rotate: 'offer' };

describe('what is usable is completed', () => {
  test.each([
    [parseRotationInput, { phoneNumberId: ID }, { phoneNumberId: ID, onRefused: 'park' }],
    [
      parseReregistrationInput,
      { phoneNumberId: ID, unlessSince: '2026-11-23T14:32:05Z' },
      { phoneNumberId: ID, unlessSince: '2026-11-23T14:32:05Z' },
    ],
    [
      parseOffboardingInput,
      { phoneNumberId: ID, confirm: ID },
      { phoneNumberId: ID, confirm: ID, pinRecord: 'ifTwoStepOff' },
    ],
    [parseLaterRotation, { phoneNumberId: ID }, { phoneNumberId: ID, afterMs: 0 }],
    [
      parseLaterRotation,
      { phoneNumberId: ID, after: '1 hour', replace: 'v', label: 'Lima' },
      { phoneNumberId: ID, after: '1 hour', afterMs: 3_600_000, replace: 'v', label: 'Lima' },
    ],
    [parseSweepInput, undefined, { ageMs: 90 * DAY_MS, perMinute: 10, atOnce: 20, haltShare: 0.2 }],
    [
      parseReconcileInput,
      { age: '30 days' },
      { ageMs: 30 * DAY_MS, subscribe: false, reregister: false, notify: true },
    ],
    [
      parseNumberEvent,
      { phoneNumberId: ID, said: { ...CHANGED, more: 1 } },
      { phoneNumberId: ID, said: CHANGED },
    ],
  ])('%o %o', (parse, raw, value) => {
    expect(parse(raw)).toEqual({ ok: true, value });
  });
});

describe('what is not usable is refused with one sentence', () => {
  test.each([
    [parseRotationInput, 'x', /Start rotatePin with one object/],
    [parseRotationInput, { phoneNumberId: 5 }, /string of digits/],
    [parseRotationInput, { phoneNumberId: ID, dueBefore: 'yesterday' }, /dueBefore must be/],
    [parseRotationInput, { phoneNumberId: ID, onRefused: 'ask' }, /"park" or "fail"/],
    [parseRotationInput, { phoneNumberId: ID, reason: 'x'.repeat(201) }, /reason must be/],
    [parseRotationInput, { phoneNumberId: ID, reason: 'it was 407-219' }, /without six digits/],
    [parseRotationInput, { phoneNumberId: ID, reason: '４０７２１９' }, /without six digits/],
    [parseRotationInput, { phoneNumberId: ID, previousRunId: 'x' }, /previousRunId must be/],
    [parseReregistrationInput, { phoneNumberId: ID, unlessSince: 7 }, /unlessSince must be/],
    [parseOffboardingInput, { phoneNumberId: ID }, /confirm must repeat/],
    [parseOffboardingInput, { phoneNumberId: ID, confirm: ID, pinRecord: 'burn' }, /pinRecord/],
    [parseLaterRotation, { phoneNumberId: ID, after: '24' }, /after must be a duration/],
    [parseLaterRotation, { phoneNumberId: ID, after: '31 days' }, /at most 30 days/],
    [parseSweepInput, { age: '1 hour' }, /from 1 day to 10 years/],
    [parseSweepInput, { perMinute: 0 }, /perMinute must be a whole number from 1 to 600/],
    [parseSweepInput, { atOnce: 201 }, /atOnce must be/],
    [parseSweepInput, { haltShare: 0 }, /haltShare must be/],
    [parseReconcileInput, { wabaId: 'x' }, /wabaId must be/],
    [parseReconcileInput, { subscribe: 'yes' }, /subscribe must be true or false/],
    [parseNumberEvent, { phoneNumberId: ID, said: { event: 'rain', at: AT } }, /said must have/],
    [parseNumberEvent, { phoneNumberId: ID, said: { ...CHANGED, at: 'x' } }, /said must have/],
    [parseNumberEvent, { phoneNumberId: ID, said: { ...CHANGED, rotate: 1 } }, /said must have/],
    [
      parseNumberEvent,
      { phoneNumberId: ID, said: { event: 'nameDecided', at: AT, decision: 'maybe' } },
      /said must have/,
    ],
  ])('%o %o', (parse, raw, sentence) => {
    const parsed = parse(raw);
    expect(parsed.ok).toBe(false);
    expect(parsed.ok ? '' : parsed.sentence).toMatch(sentence);
  });
});
