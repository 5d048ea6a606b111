/** No code, PIN or token in the audit trail, the API's log or its answers; and the search for them is shown to find them. */
import { expect, onTestFinished, test } from 'vitest';
import { secretSearch } from '../../demo/secret-search.js';
import { codeAwaited, until, wrongCode } from '../workflow/stack.js';
import { startApiStack } from './api-stack.js';
import { META, payloadOf, pinChanged, signed } from './meta-signed.js';

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

test('a PIN that was shown is in that answer alone: in no log, audit line, event, notification, problem or history', async () => {
  const posted: unknown[] = [];
  const notifier = { post: async (notification: unknown) => void posted.push(notification) };
  const api = await startApiStack({}, { metaWebhooks: META, notifier });
  onTestFinished(() => api.close());
  const { stack } = api;
  const carl = await api.user('Carl', 'custodian');
  const id = stack.number();
  await stack.start(id, { label: 'shop' });
  await stack.client.tryCode(id, await codeAwaited(stack, id));
  await stack.client.result(id);
  const first = stack.simulator.number(id)?.pin ?? '';
  const url = `/v1/numbers/${id}/pin/reveal`;
  const shown = [
    await carl.post(url, { reason: 'it moves' }),
    await carl.post(url, { reason: 'it does not work', rotateAfter: '1 day' }),
  ];
  expect(shown).toMatchObject([{ body: { pin: first } }, { body: { pin: first } }]);
  const others: unknown[] = [
    await carl.post(url, { reason: `${first} does not work` }),
    await carl.post(url, { reason: first, version: first }),
    await carl.post(url, { reason: 'it moves', rotateAfter: first }),
    await carl.post(`${url}?pin=${first}`, { reason: 'it moves', version: 'pending' }),
    await carl.post(`/v1/numbers/${id}/rotate`, { reason: 'it was shown' }),
  ];
  const dashed = `${first.slice(0, 3)}-${first.slice(3)}`;
  const named = await carl.post(`/v1/numbers/${id}/rotate`, { reason: `${dashed} leaked` });
  expect(named.status).toBe(400);
  others.push(named);
  await stack.client.result(id);
  const second = stack.simulator.number(id)?.pin ?? '';
  expect(second).not.toBe(first);
  others.push(await carl.get(`/v1/onboardings/${id}`));
  const headers = { authorization: `Bearer ${api.tokens[0]}` };
  const events = await api.app.inject({ url: `/v1/onboardings/${id}/events`, headers });
  expect(events.payload).toContain('rotatePin');
  const telephone = stack.simulator.number(id)?.displayPhoneNumber ?? '';
  const at = new Date(Date.now() + 1_000);
  const said = await api.app.inject(signed(payloadOf({ at, changes: [pinChanged(telephone)] })));
  expect(said.statusCode).toBe(200);
  const revealed = () => posted.filter((each) => JSON.stringify(each).includes('pin.revealed'));
  await until('both notifications', () => revealed().length === 2);
  await until('the notification of the change', () =>
    JSON.stringify(posted).includes('pin.changedOutside'),
  );
  const bodies = shown.map(({ body }) => body as { rotation?: { workflowId: string } });
  const later = bodies[1]?.rotation?.workflowId ?? '';
  const handles = [
    ...(await stack.client.runsOf(id)).map(({ runId }) =>
      stack.temporal.workflow.getHandle(`whatsapp-number-${id}`, runId),
    ),
    stack.temporal.workflow.getHandle(later),
  ];
  const histories = await Promise.all(handles.map((handle) => handle.fetchHistory()));
  await stack.temporal.workflow.getHandle(later).terminate();

  const places = {
    'the audit trail': await api.auditText(),
    'the log': api.logged(),
    'the other answers': JSON.stringify(others),
    'the events': events.payload,
    'the notifications': JSON.stringify(posted),
    'the histories': JSON.stringify(histories),
  };
  const search = secretSearch([first, second]);
  expect(places['the audit trail']).toContain('"reason":"it does not work"');
  expect(histories.length).toBeGreaterThan(1);
  for (const [place, text] of Object.entries(places)) {
    expect(search(text), place).toEqual([]);
    expect(search(`${text}{"pin":"${first}"}`), place).not.toEqual([]);
  }
});
