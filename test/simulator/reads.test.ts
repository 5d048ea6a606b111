import { describe, expect, test } from 'vitest';
import { DEFAULT_WABA_ID, type PresetName } from '../../simulator/simulator.js';
import { call, ID, numberOf, simulatorWith } from './graph-calls.js';

describe('a read of a number', () => {
  test('shows the default fields where none are asked for', async () => {
    const { read } = await numberOf();
    expect((await read()).body).toEqual({
      id: ID,
      display_phone_number: '+1 224-555-0122',
      verified_name: 'Lucky Shrub',
      quality_rating: 'GREEN',
    });
  });

  const shown: [PresetName, Record<string, unknown>][] = [
    [
      'fresh',
      {
        status: 'PENDING',
        platform_type: 'NOT_APPLICABLE',
        code_verification_status: 'NOT_VERIFIED',
        is_pin_enabled: false,
      },
    ],
    [
      'verified',
      {
        status: 'PENDING',
        platform_type: 'NOT_APPLICABLE',
        code_verification_status: 'VERIFIED',
        is_pin_enabled: false,
      },
    ],
    [
      'live',
      {
        status: 'CONNECTED',
        platform_type: 'CLOUD_API',
        is_pin_enabled: true,
        throughput: { level: 'STANDARD' },
      },
    ],
    ['liveWithout2sv', { status: 'CONNECTED', is_pin_enabled: false }],
    ['former', { platform_type: 'NOT_APPLICABLE', is_pin_enabled: true }],
    ['businessApp', { is_on_biz_app: true }],
    [
      'test',
      {
        platform_type: 'CLOUD_API',
        code_verification_status: 'NOT_VERIFIED',
        account_mode: 'SANDBOX',
      },
    ],
    ['banned', { status: 'BANNED' }],
    ['deleted', { status: 'DELETED' }],
    ['migrated', { status: 'MIGRATED' }],
    ['onPremise', { platform_type: 'ON_PREMISE' }],
    ['flagged', { status: 'FLAGGED', platform_type: 'CLOUD_API' }],
    ['restricted', { status: 'RESTRICTED', quality_rating: 'RED' }],
    [
      'expiredVerification',
      { code_verification_status: 'EXPIRED', platform_type: 'NOT_APPLICABLE' },
    ],
    ['expiredButLive', { code_verification_status: 'EXPIRED', status: 'CONNECTED' }],
    ['nameUnderReview', { name_status: 'PENDING_REVIEW' }],
  ];
  test.each(shown)('that is %s shows %o', async (preset, expected) => {
    const { read } = await numberOf({ preset });
    expect((await read(Object.keys(expected).join(','))).body).toEqual({ id: ID, ...expected });
  });

  test('shows DISCONNECTED after a deregistration, and when it was last onboarded', async () => {
    const { register, deregister, read } = await numberOf({ preset: 'verified' });
    await register();
    await deregister();
    expect((await read('status,last_onboarded_time')).body).toMatchObject({
      status: 'DISCONNECTED',
      last_onboarded_time: expect.stringMatching(/^[0-9T:-]{19}\+0000$/),
    });
  });

  test('fails as a whole for a field that does not exist, or that the options take away', async () => {
    const { read } = await numberOf({}, { unknownFields: ['is_pin_enabled'] });
    for (const field of ['nonsense', 'is_pin_enabled', 'constructor']) {
      const reply = await read(`id,${field}`);
      expect(reply.body).toMatchObject({
        error: { code: 100, message: `(#100) Tried accessing nonexistent field (${field})` },
      });
    }
    expect((await read('id,status')).status).toBe(200);
  });

  test('shows the health that follows from its state, or the one of the seed', async () => {
    const { simulator, read } = await numberOf({ preset: 'live' });
    const health = async () => (await read('health_status')).body.health_status;
    expect(await health()).toMatchObject({ can_send_message: 'AVAILABLE' });
    simulator.update(ID, { standing: 'FLAGGED' });
    expect(await health()).toMatchObject({ can_send_message: 'LIMITED' });
    const errors = [{ error_code: 141006, error_description: 'No payment method.' }];
    const seeded = {
      can_send_message: 'BLOCKED',
      entities: [{ entity_type: 'WABA', id: '1', can_send_message: 'BLOCKED', errors }],
    };
    simulator.update(ID, { health: seeded });
    expect(await health()).toEqual(seeded);
  });

  test('shows a display name that was changed, and its review', async () => {
    const { simulator, read } = await numberOf({ preset: 'live' });
    simulator.update(ID, { verifiedName: 'Happy Shrub', nameStatus: 'PENDING_REVIEW' });
    expect((await read('verified_name,name_status')).body).toMatchObject({
      verified_name: 'Happy Shrub',
      name_status: 'PENDING_REVIEW',
    });
  });

  test('leaves out what the seed hides', async () => {
    const { read } = await numberOf({ hiddenFields: ['code_verification_status'] });
    expect((await read('status,code_verification_status')).body).toEqual({
      id: ID,
      status: 'PENDING',
    });
  });

  test('never shows the PIN', async () => {
    const { read } = await numberOf({ preset: 'live' });
    expect((await read('pin')).error).toBe('100');
  });

  test('follows the world: what somebody else changed is seen at once', async () => {
    const { simulator, read } = await numberOf();
    simulator.update(ID, { registered: true, verification: 'VERIFIED', pin: '555444' });
    expect(simulator.number(ID).registeredBy).toEqual(['another app']);
    expect((await read('status,is_pin_enabled')).body).toMatchObject({
      status: 'CONNECTED',
      is_pin_enabled: true,
    });
  });
});

describe('an account', () => {
  const list = `/${DEFAULT_WABA_ID}/phone_numbers`;

  test('lists its numbers page by page, each once', async () => {
    const ids = ['10001', '10002', '10003', '10004', '10005'];
    const simulator = await simulatorWith({
      numbers: [...ids.map((id) => ({ id })), { id: '20001', wabaId: '777' }],
    });
    const seen: unknown[] = [];
    let path: string | undefined = `${list}?fields=id&limit=2`;
    for (let page = 0; path !== undefined && page < 4; page++) {
      const { body } = await call(simulator, path);
      const { data, paging } = body as { data: { id: string }[]; paging: { next?: string } };
      seen.push(data.map(({ id }) => id));
      path = paging.next?.replace(`${simulator.url}/v23.0`, '');
    }
    expect(seen).toEqual([['10001', '10002'], ['10003', '10004'], ['10005']]);
    expect((await call(simulator, '/777/phone_numbers')).body).toMatchObject({
      data: [{ id: '20001' }],
    });
  });

  test('shows LINKED, UNLINKED and host_platform in its list', async () => {
    const simulator = await simulatorWith({
      numbers: [
        { id: '10001', preset: 'linked' },
        { id: '10002', preset: 'unlinked' },
        { id: '10003', preset: 'live' },
      ],
    });
    const { body } = await call(simulator, `${list}?fields=status,platform_type`);
    expect(body).toMatchObject({
      data: [
        { id: '10001', status: 'LINKED', host_platform: 'CLOUD_API' },
        { id: '10002', status: 'UNLINKED', host_platform: 'NOT_APPLICABLE' },
        { id: '10003', status: 'CONNECTED', host_platform: 'CLOUD_API' },
      ],
    });
  });

  test.each(['limit=0', 'limit=101', 'limit=x', 'after=nowhere', 'fields=nonsense'])(
    'refuses a list with %s',
    async (query) => {
      const { simulator } = await numberOf();
      expect((await call(simulator, `${list}?${query}`)).error).toBe('100');
    },
  );

  test('takes a number once', async () => {
    const simulator = await simulatorWith({});
    const add = (phone_number: string) =>
      call(simulator, list, {
        method: 'POST',
        body: JSON.stringify({ cc: '1', phone_number, verified_name: 'Lucky Shrub' }),
      });
    const added = await add('4195551518');
    expect(added.body).toEqual({ id: expect.stringMatching(/^[0-9]{16}$/) });
    expect((await add('419-555-1518')).error).toBe('100');
    const { body } = await call(simulator, list);
    expect(body.data).toMatchObject([{ ...added.body, display_phone_number: '+1 4195551518' }]);
  });

  test('takes a number again under another id once the former one is deleted or gone', async () => {
    const simulator = await simulatorWith({ numbers: [{ id: '10001' }, { id: '10002' }] });
    const add = (id: string) => {
      const phone_number = simulator.number(id).displayPhoneNumber.replace('+1 ', '');
      return call(simulator, list, {
        method: 'POST',
        body: JSON.stringify({ cc: '1', phone_number, verified_name: 'Lucky Shrub' }),
      });
    };
    expect((await add('10001')).error).toBe('100');
    simulator.update('10001', { status: 'DELETED' });
    const again = await add('10001');
    expect(simulator.number(`${again.body.id}`)).toMatchObject({
      displayPhoneNumber: simulator.number('10001').displayPhoneNumber,
    });
    simulator.removeNumber('10002');
    expect((await call(simulator, '/10002')).error).toBe('100/33');
    const { body } = await call(simulator, `${list}?fields=status`);
    expect(body.data).toEqual([
      { id: '10001', status: 'DELETED' },
      { id: again.body.id, status: 'PENDING' },
    ]);
    expect(() => simulator.removeNumber('10002')).toThrow('no number 10002');
  });

  test('says whether the app gets its webhooks, and subscribes it', async () => {
    const simulator = await simulatorWith({});
    const path = `/${DEFAULT_WABA_ID}/subscribed_apps`;
    expect((await call(simulator, path)).body.data).toHaveLength(1);
    simulator.setSubscribed(DEFAULT_WABA_ID, false);
    expect((await call(simulator, path)).body).toEqual({ data: [] });
    expect((await call(simulator, path, { method: 'POST' })).body).toEqual({ success: true });
    expect((await call(simulator, path)).body.data).toHaveLength(1);
  });
});
