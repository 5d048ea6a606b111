import { expect, test } from 'vitest';
import type { CodeSent } from '../../simulator/simulator.js';
import { HOUR, ID, MINUTE, numberOf, wrongCode } from './graph-calls.js';

test('a code is handed to whoever listens, as its receiver sees or hears it', async () => {
  const { simulator, requestCode } = await numberOf();
  const sent: CodeSent[] = [];
  const stop = simulator.onCode((code) => sent.push(code));
  await requestCode('SMS', 'en_US');
  await requestCode('VOICE', 'pt_BR');
  stop();
  await requestCode();
  expect(sent).toHaveLength(2);
  expect(sent[0]).toMatchObject({
    phoneNumberId: ID,
    method: 'SMS',
    text: expect.stringMatching(/^WhatsApp code [0-9]{3}-[0-9]{3}$/),
  });
  expect(sent[1]?.text).toBe(`Your WhatsApp code is ${[...(sent[1]?.code ?? '')].join(' ')}`);
  expect(simulator.codes(ID).map((code) => [code.method, code.language])).toEqual([
    ['SMS', 'en_US'],
    ['VOICE', 'pt_BR'],
    ['SMS', 'en_US'],
  ]);
});

test('a code is worth ten minutes', async () => {
  const { simulator, requestCode, verifyCode, code } = await numberOf();
  await requestCode();
  simulator.clock.advance(10 * MINUTE);
  expect((await verifyCode(code())).error).toBe('136025');
  await requestCode();
  simulator.clock.advance(9 * MINUTE);
  expect((await verifyCode(code())).status).toBe(200);
});

test('a code works once', async () => {
  const { simulator, requestCode, verifyCode, code } = await numberOf();
  await requestCode();
  await verifyCode(code());
  expect(simulator.codes(ID)[0]?.used).toBe(true);
  expect((await verifyCode(code())).error).toBe('136025');
  expect(simulator.number(ID).verified).toBe(true);
});

test('a new code makes the former useless', async () => {
  const { requestCode, verifyCode, code } = await numberOf();
  await requestCode();
  const former = code();
  await requestCode();
  while (code() === former) await requestCode(); // one in a million
  expect((await verifyCode(former)).error).toBe('136025');
  expect((await verifyCode(code())).status).toBe(200);
});

test('no code works where none was sent', async () => {
  const { verifyCode } = await numberOf();
  expect((await verifyCode('123830')).error).toBe('136025');
});

test('guessing too fast gets the right code refused too, for a minute', async () => {
  const { simulator, requestCode, verifyCode, code } = await numberOf();
  await requestCode();
  for (let guess = 1; guess <= 5; guess++) {
    expect((await verifyCode(wrongCode(code()))).error).toBe('136025');
  }
  expect((await verifyCode(code())).error).toBe('136025');
  simulator.clock.advance(MINUTE + 1);
  expect((await verifyCode(code())).status).toBe(200);
});

test('four wrong codes do not hurt the right one', async () => {
  const { requestCode, verifyCode, code } = await numberOf();
  await requestCode();
  for (let guess = 1; guess <= 4; guess++) await verifyCode(wrongCode(code()));
  expect((await verifyCode(code())).status).toBe(200);
});

test.each([['12345'], ['123-830'], [123830], [null]])(
  'a code written as %j is answered with code 100 and is no guess',
  async (written) => {
    const { verifyCode } = await numberOf();
    expect((await verifyCode(written)).error).toBe('100');
  },
);

test.each([
  ['sms', 'en_US'],
  ['EMAIL', 'en_US'],
  ['SMS', 'english'],
  ['SMS', 'en'],
])(
  'a request by %s in %s is answered with code 100 and sends nothing',
  async (method, language) => {
    const { simulator, requestCode } = await numberOf();
    expect((await requestCode(method, language)).error).toBe('100');
    expect(simulator.codes(ID)).toEqual([]);
  },
);

test.each([
  ['verified', '136024'],
  ['live', '136024'],
  ['askedTooOften', '136024/2388367'],
  ['codeRefused', '136024/2388091'],
  ['appNumber', '100'],
] as const)('a number that is %s gets no code but %s', async (preset, error) => {
  const { simulator, requestCode } = await numberOf({ preset });
  expect((await requestCode()).error).toBe(error);
  expect(simulator.codes(ID)).toEqual([]);
});

test.each(['fresh', 'expiredVerification', 'test'] as const)(
  'a number that is %s gets a code',
  async (preset) => {
    const { requestCode } = await numberOf({ preset });
    expect((await requestCode()).status).toBe(200);
  },
);

test('a refusal ends at the instant that the seed gives', async () => {
  const { simulator, requestCode } = await numberOf({
    refusals: { requestCode: { code: 136024, subcode: 2388367, until: Date.now() + 24 * HOUR } },
  });
  expect((await requestCode()).error).toBe('136024/2388367');
  simulator.clock.advance(24 * HOUR);
  expect((await requestCode()).status).toBe(200);
});
