import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Parsed,
  parseAgentReady,
  parseClaim,
  parseCode,
  parseDecision,
  parseExtend,
  parseOnboardingInput,
  parsePhoneNumberId,
  parseRelease,
  parseResend,
} from '../../workflows/input.js';

const ID = '106540352242922';
const HOUR = 3_600_000;

function sentenceOf(parsed: Parsed<unknown>): string {
  if (parsed.ok) throw new Error(`accepted ${JSON.stringify(parsed.value)}`);
  expect(parsed.sentence).toMatch(/^\S.*\.$/s);
  return parsed.sentence;
}

/** What no parser may accept as one object or text of its kind. */
const NONSENSE = [true, [], [ID], () => ID, Symbol('x'), 10n, Number.NaN];

test.each(['106540352242922', '99999999999999999999', '12345', '0000012345'])(
  'the phone number id %s keeps every digit',
  (id) => {
    expect(parsePhoneNumberId(id)).toEqual({ ok: true, value: id });
  },
);

test.each<[unknown, RegExp]>([
  [106540352242922, /string of digits.*loses its last digits/],
  ['', /digits only/],
  ['1234', /digits only/],
  ['1'.repeat(26), /digits only/],
  ['+49 170 1234567', /not the telephone number/],
  ['106540352242922a', /got "106540352242922a"/],
  [' 106540352242922', /digits only/],
  ['106540352242922\n', /digits only/],
  ['١٠٦٥٤٠٣٥٢', /digits only/],
  ['1e15', /digits only/],
  ['../../etc', /digits only/],
  [undefined, /digits only/],
  [null, /digits only/],
  [{ phoneNumberId: ID }, /digits only/],
  ...NONSENSE.filter((raw) => typeof raw !== 'number').map((raw): [unknown, RegExp] => [
    raw,
    /digits/,
  ]),
])('the phone number id %o is refused with a sentence', (raw, sentence) => {
  expect(sentenceOf(parsePhoneNumberId(raw))).toMatch(sentence);
});

test.each<[unknown, string]>([
  ['123830', '123830'],
  ['123-830', '123830'],
  ['123 830', '123830'],
  ['  012-345\n', '012345'],
  ['WhatsApp code 123-830', '123830'],
  ['"123-830"', '123830'],
  ['1 2 3 8 3 0', '123830'],
  ['１２３８３０', '123830'],
  ['123–830', '123830'],
  [123830, '123830'],
])('a code typed as %o is taken', (raw, code) => {
  expect(parseCode(raw)).toEqual({ ok: true, value: { code } });
  expect(parseCode({ code: raw, submittedBy: 'ana' })).toEqual({
    ok: true,
    value: { code, submittedBy: 'ana' },
  });
});

test.each<[unknown, RegExp]>([
  ['', /six digits.*this has 0/],
  ['12345', /six digits.*this has 5/],
  ['1238301', /six digits.*this has 7/],
  ['code', /this has 0/],
  ['123830x', /no letter/],
  ['a123-830', /no letter/],
  ['12a3830', /no letter/],
  [12345, /leading zeros/],
  [1238301, /leading zeros/],
  [-123830, /leading zeros/],
  [123830.5, /leading zeros/],
  [Number.NaN, /leading zeros/],
  [Number.POSITIVE_INFINITY, /leading zeros/],
  [undefined, /six digits/],
  [null, /six digits/],
  [{}, /six digits/],
  [{ code: { code: '123830' } }, /six digits/],
  [{ code: '123830', submittedBy: 7 }, /submittedBy/],
  [{ code: '123830', submittedBy: 'x'.repeat(201) }, /submittedBy.*200/],
  ...NONSENSE.map((raw): [unknown, RegExp] => [raw, /digits/]),
])('a code %o is refused with a sentence that does not repeat it', (raw, sentence) => {
  const said = sentenceOf(parseCode(raw));
  expect(said).toMatch(sentence);
  expect(said.replace('"123-830"', '')).not.toMatch(/[0-9]{4}/);
});

test.each<[unknown, unknown]>([
  [undefined, {}],
  [null, {}],
  [{}, {}],
  [{ method: 'VOICE' }, { method: 'VOICE' }],
  [
    { method: 'SMS', language: 'de_DE', requestedBy: 'ana', other: 1 },
    { method: 'SMS', language: 'de_DE', requestedBy: 'ana' },
  ],
])('a resend %o is taken', (raw, value) => {
  expect(parseResend(raw)).toEqual({ ok: true, value });
});

test.each<[unknown, RegExp]>([
  ['VOICE', /Give resendCode nothing, or/],
  [7, /Give resendCode nothing, or/],
  [['SMS'], /Give resendCode nothing, or/],
  [{ method: 'voice' }, /SMS or VOICE; got "voice"/],
  [{ method: null }, /SMS or VOICE/],
  [{ language: 'en' }, /en_US.*got "en"/],
  [{ language: 'EN_us' }, /en_US/],
  [{ language: 3 }, /en_US/],
  [{ requestedBy: {} }, /requestedBy/],
])('a resend %o is refused with a sentence', (raw, sentence) => {
  expect(sentenceOf(parseResend(raw))).toMatch(sentence);
});

test.each<[unknown, unknown]>([
  ['24 hours', { by: '24 hours', byMs: 24 * HOUR }],
  ['90m', { by: '90m', byMs: 1.5 * HOUR }],
  [
    { by: '2 days', requestedBy: 'ana' },
    { by: '2 days', byMs: 48 * HOUR, requestedBy: 'ana' },
  ],
  [{ by: '30 days' }, { by: '30 days', byMs: 30 * 24 * HOUR }],
])('an extension %o is taken', (raw, value) => {
  expect(parseExtend(raw)).toEqual({ ok: true, value });
});

test.each([
  undefined,
  null,
  {},
  '',
  'soon',
  '24',
  ' 3 ',
  '0 hours',
  '-1 hour',
  '31 days',
  { by: '24' },
  { by: [] },
  ...NONSENSE,
])('an extension %o is refused with a sentence', (raw) => {
  expect(sentenceOf(parseExtend(raw))).toMatch(/such as "24 hours", at most 30 days/);
});

test('an extension by somebody whose name is no short text is refused', () => {
  expect(sentenceOf(parseExtend({ by: '1 hour', requestedBy: 'x'.repeat(201) }))).toMatch(
    /requestedBy/,
  );
});

test('a start with nothing but the id gets the defaults', () => {
  expect(parseOnboardingInput({ phoneNumberId: ID })).toEqual({
    ok: true,
    value: {
      phoneNumberId: ID,
      codeMethod: 'SMS',
      language: 'en_US',
      codeDeadline: '24 hours',
      codeDeadlineMs: 24 * HOUR,
      takeOver: false,
      onPinRefused: 'park',
      startCode: 'now',
    },
  });
});

test('a start with everything keeps everything, and nothing unknown', () => {
  const input = {
    phoneNumberId: ID,
    codeMethod: 'VOICE',
    language: 'pt_BR',
    codeDeadline: '3 days',
    takeOver: true,
    onPinRefused: 'compensate',
    startCode: 'whenAgentReady',
    label: 'Shop Lisbon',
    requestedBy: 'ana',
    previousRunId: '0b9c1f6e-1c2d-4e3f-8a9b-0c1d2e3f4a5b',
  };
  expect(parseOnboardingInput({ ...input, pin: '830174' })).toEqual({
    ok: true,
    value: { ...input, codeDeadlineMs: 72 * HOUR },
  });
});

test.each<[unknown, RegExp]>([
  [undefined, /Start onboardNumber with one object/],
  [ID, /Start onboardNumber with one object/],
  [[{ phoneNumberId: ID }], /Start onboardNumber with one object/],
  [{}, /phone number id/],
  [{ phoneNumberId: 106540352242922 }, /string of digits/],
  [{ phoneNumberId: ID, codeMethod: 'EMAIL' }, /SMS or VOICE; got "EMAIL"/],
  [{ phoneNumberId: ID, language: 'english' }, /en_US/],
  [{ phoneNumberId: ID, codeDeadline: 'tomorrow' }, /codeDeadline.*got "tomorrow"/],
  [{ phoneNumberId: ID, codeDeadline: '24' }, /codeDeadline/],
  [{ phoneNumberId: ID, codeDeadline: '31 days' }, /at most 30 days/],
  [{ phoneNumberId: ID, codeDeadline: -1 }, /codeDeadline/],
  [{ phoneNumberId: ID, takeOver: 'yes' }, /takeOver must be true or false/],
  [{ phoneNumberId: ID, onPinRefused: 'ignore' }, /onPinRefused/],
  [{ phoneNumberId: ID, startCode: 'later' }, /startCode must be "now" or "whenAgentReady"/],
  [{ phoneNumberId: ID, label: 7 }, /label must be a text/],
  [{ phoneNumberId: ID, label: 'x'.repeat(201) }, /label.*200/],
  [{ phoneNumberId: ID, requestedBy: null }, /requestedBy/],
  [{ phoneNumberId: ID, previousRunId: 'last' }, /previousRunId/],
])('a start with %o is refused with a sentence', (raw, sentence) => {
  expect(sentenceOf(parseOnboardingInput(raw))).toMatch(sentence);
});

test('a claim says who, and why where it takes over', () => {
  expect(parseClaim({ by: 'Ana' })).toEqual({ ok: true, value: { by: 'Ana' } });
  const takeOver = { by: 'Ana', takeOver: 'Ben has gone home' };
  expect(parseClaim({ ...takeOver, force: true })).toEqual({ ok: true, value: takeOver });
  expect(parseRelease({ by: 'Ana' })).toEqual({ ok: true, value: { by: 'Ana' } });
  expect(parseAgentReady(undefined)).toEqual({ ok: true, value: {} });
});

test.each<[unknown, RegExp]>([
  [undefined, /Say who/],
  ['Ana', /Say who/],
  [{ by: ' ' }, /Say who/],
  [{ by: 'x'.repeat(201) }, /Say who/],
  [{ by: 'Ana', takeOver: ' ' }, /takeOver must say why/],
  [{ by: 'Ana', takeOver: true }, /takeOver must say why/],
])('a claim with %o is refused with a sentence', (raw, sentence) => {
  expect(sentenceOf(parseClaim(raw))).toMatch(sentence);
});

const PARSERS: [string, (raw: unknown) => Parsed<unknown>][] = [
  ['parsePhoneNumberId', (raw) => parsePhoneNumberId(raw)],
  ['parseCode', parseCode],
  ['parseClaim', parseClaim],
  ['parseRelease', parseRelease],
  ['parseAgentReady', parseAgentReady],
  ['parseResend method', (raw) => parseResend({ method: raw })],
  ['parseResend language', (raw) => parseResend({ language: raw })],
  ['parseExtend', parseExtend],
  ['codeDeadline', (raw) => parseOnboardingInput({ phoneNumberId: ID, codeDeadline: raw })],
  ['codeMethod', (raw) => parseOnboardingInput({ phoneNumberId: ID, codeMethod: raw })],
  ['label', (raw) => parseOnboardingInput({ phoneNumberId: ID, label: { raw } })],
];

test.each(PARSERS)('%s repeats no code or PIN that was put in the wrong place', (_, parse) => {
  for (const raw of [
    '412957x',
    '412-957',
    '412 957 ',
    'code 412957',
    'WhatsApp code 412-957 for you',
    '412-957 of 12',
    '412957/x2',
    '4 1 2 9 5 7!',
    '４１２９５７!',
    { code: '412957' },
    { pin: '412957' },
  ]) {
    const parsed = parse(raw);
    if (parsed.ok) continue;
    expect(parsed.sentence.normalize('NFKC').replaceAll(/[^0-9]/g, '')).not.toContain('412957');
  }
});

test.each([
  ...PARSERS,
  ['parseResend', parseResend] as const,
  ['parseOnboardingInput', parseOnboardingInput] as const,
])('%s never throws, whatever it is given, and always answers', (_, parse) => {
  fc.assert(
    fc.property(fc.oneof(fc.anything(), fc.string(), fc.double()), (raw) => {
      const parsed = parse(raw);
      if (!parsed.ok) expect(parsed.sentence.length).toBeGreaterThan(10);
    }),
  );
});

test('any six digits, however separated, are the code; any other number of digits is none', () => {
  const separator = fc.constantFrom('', ' ', '-', '–', '.', '\t');
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), separator), { maxLength: 9 }),
      (typed) => {
        const parsed = parseCode(typed.map(([digit, between]) => `${digit}${between}`).join(''));
        expect(parsed.ok).toBe(typed.length === 6);
        if (parsed.ok) expect(parsed.value.code).toBe(typed.map(([digit]) => digit).join(''));
      },
    ),
  );
});

test.each([undefined, null, {}, { requestedBy: 'Ana' }])(
  'a decision may come with nothing, or with who decided: %j',
  (raw) => {
    const parsed = parseDecision(raw);
    expect(parsed).toEqual({ ok: true, value: { ...(raw ?? {}) } });
  },
);

test.each(['Ana', 7, [], { requestedBy: 7 }, { requestedBy: 'x'.repeat(201) }])(
  'a decision that says who in another way is refused with what to give: %j',
  (raw) => {
    expect(parseDecision(raw)).toEqual({
      ok: false,
      sentence: expect.stringMatching(/requestedBy/),
    });
  },
);
