/** No code, PIN or token in the audit trail, the API's log or its answers; and the search for them is shown to find them. */
import { expect, onTestFinished, test } from 'vitest';
import { secretSearch } from '../../demo/secret-search.js';
import { codeAwaited, wrongCode } from '../workflow/stack.js';
import { startApiStack } from './api-stack.js';

test('the audit trail, the log and the answers hold no code, no PIN and no token', async () => {
  const api = await startApiStack({ verdictMs: 1_500 });
  onTestFinished(() => api.close());
  const { stack } = api;
  const olga = await api.user('Olga', 'operator');
  const id = stack.number();
  const answers: unknown[] = [];
  const post = async (path: string, body?: object, headers?: Record<string, string>) => {
    answers.push(await olga.post(path, body, headers));
  };
  await post('/v1/onboardings', { phoneNumberId: id, label: 'shop' });
  const code = await codeAwaited(stack, id);
  const wrong = wrongCode(code);
  const url = `/v1/onboardings/${id}/code`;

  await post(url, { code: wrong });
  await post(url, { code, extra: code });
  await post(`${url}?code=${code}`, { code: [code] });
  await post(`/v1/onboardings/${id}/nothing/${code}`, { code });
  await post(`/v1/onboardings/${id}/extend`, { by: code });
  const authorization = `Bearer ${api.tokens[0]}`;
  const garbled = await api.app.inject({
    ...{ method: 'POST', url, payload: `{"code":"${code}"` },
    headers: { authorization, 'content-type': 'application/json' },
  });
  const forged = await api.app.inject({
    ...{ method: 'POST', url, payload: { code } },
    headers: { authorization: `${authorization}x` },
  });
  expect([garbled.statusCode, forged.statusCode]).toEqual([400, 401]);
  answers.push(garbled.payload, forged.payload);
  await stack.stopWorker();
  await post(url, { code });
  await post(`/v1/onboardings/${id}/claim`);
  await stack.startWorker();
  expect(await stack.client.result(id)).toMatchObject({ outcome: 'live' });
  await post(url, { code });
  answers.push(await olga.get(`/v1/onboardings/${id}`), await olga.get('/v1/onboardings'));

  const pin = stack.simulator.number(id)?.pin ?? '';
  expect(pin).toMatch(/^[0-9]{6}$/);
  const search = secretSearch([code, wrong, pin, stack.simulator.token, ...api.tokens]);
  const places = {
    'the audit trail': await api.auditText(),
    'the log': api.logged(),
    'the answers': JSON.stringify(answers),
  };
  expect(places['the audit trail'].split('\n').length).toBeGreaterThan(8);
  expect(places['the log']).toContain('API, POST /v1/onboardings/:phoneNumberId/claim');
  for (const [place, text] of Object.entries(places)) {
    expect(search(text), place).toEqual([]);
    for (const secret of [code, wrong, pin, ...api.tokens]) {
      expect(search(`${text}{"body":"${secret}"}`), place).not.toEqual([]);
    }
  }
});
