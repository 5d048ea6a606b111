import { expect, test } from 'vitest';
import { GraphApiError } from '../../activities/graph-api/errors.js';
import { NUMBER_FIELDS } from '../../activities/graph-api/graph-client.js';
import { numberFacts } from '../../activities/number-facts.js';
import { clientOf, refusal, rejection, wireServer } from './wire-server.js';

const ID = '106540352242922123';
const WABA = '102290129340398';

/** What the list makes of one row. */
async function listed(row: Record<string, unknown>) {
  const server = await wireServer({ body: { data: [{ id: ID, ...row }] } });
  const { numbers } = await clientOf(server.url).listNumbers(WABA);
  const [number] = numbers;
  if (number === undefined) throw new Error('The list is empty.');
  return number;
}

test('the platform of a list, by whichever name it comes, is the platform of a read', async () => {
  expect(await listed({ host_platform: 'CLOUD_API' })).toEqual({
    id: ID,
    platform_type: 'CLOUD_API',
  });
  expect(await listed({ platform_type: 'ON_PREMISE' })).toMatchObject({
    platform_type: 'ON_PREMISE',
  });
  expect(
    await listed({ platform_type: 'CLOUD_API', host_platform: 'NOT_APPLICABLE' }),
  ).toMatchObject({ platform_type: 'CLOUD_API' });
});

test.each([
  [{ status: 'LINKED' }, 'yes', 'CONNECTED'],
  [{ status: 'LINKED', host_platform: 'CLOUD_API' }, 'yes', 'CONNECTED'],
  // Any sign of use goes before any sign of the contrary.
  [{ status: 'LINKED', host_platform: 'NOT_APPLICABLE' }, 'yes', 'CONNECTED'],
  [{ status: 'UNLINKED', host_platform: 'CLOUD_API' }, 'yes', undefined],
  [{ status: 'UNLINKED' }, 'no', undefined],
  [{ status: 'UNLINKED', host_platform: 'NOT_APPLICABLE' }, 'no', undefined],
  [{ status: 'UNLINKED', platform_type: 'ON_PREMISE' }, 'unknown', undefined],
  [{ status: 'FLAGGED', host_platform: 'CLOUD_API' }, 'yes', 'FLAGGED'],
  [{ status: 'DISCONNECTED' }, 'no', 'DISCONNECTED'],
  [{ status: 'LEVITATING' }, 'unknown', 'LEVITATING'],
  [{}, 'unknown', undefined],
])('a row %o: registered is %s, with status %s', async (row, registered, status) => {
  const facts = numberFacts(await listed(row));
  expect([facts.registered, facts.status]).toEqual([registered, status]);
});

test('a read alone keeps the words that only a list has', async () => {
  const server = await wireServer({ body: { id: ID, status: 'LINKED' } });
  expect(await clientOf(server.url).readNumber(ID)).toMatchObject({ status: 'LINKED' });
});

test('what a list does not know is left out of this list and the next ones, and of no read', async () => {
  const unknown = {
    status: 400,
    body: refusal({ message: '(#100) Tried accessing nonexistent field (host_platform)' }),
  };
  const page = { body: { data: [{ id: ID }] } };
  const server = await wireServer(unknown, page, page, { body: { id: ID } });
  const graph = clientOf(server.url);
  expect(await graph.listNumbers(WABA, { fields: ['id', 'status'] })).toEqual({
    numbers: [{ id: ID }],
  });
  await graph.listNumbers(WABA, { fields: ['id', 'status'], after: 'MTAx' });
  await graph.readNumber(ID, { fields: ['id', 'host_platform'] });
  const asked = server.requests.map(({ url }) =>
    new URL(url, server.url).searchParams.get('fields'),
  );
  expect(asked).toEqual(['id,status,host_platform', 'id,status', 'id,status', 'id,host_platform']);
});

test('a list that knows no number is refused, and asks for all fields again next time', async () => {
  const lacking = (field: string) => ({
    status: 400,
    body: refusal({ message: `(#100) Tried accessing nonexistent field (${field})` }),
  });
  const server = await wireServer(lacking('status'), lacking('display_phone_number'), {
    body: { data: [] },
  });
  const graph = clientOf(server.url);
  expect(await rejection(graph.listNumbers(WABA, { fields: NUMBER_FIELDS }))).toBeInstanceOf(
    GraphApiError,
  );
  await graph.listNumbers(WABA, { fields: NUMBER_FIELDS });
  expect(server.requests.at(-1)?.url).toContain('status');
});

test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
  [
    'health, throughput and the time of registering are read as Meta writes them',
    {
      health_status: {
        can_send_message: 'BLOCKED',
        entities: [
          {
            entity_type: 'PHONE_NUMBER',
            id: ID,
            can_send_message: 'BLOCKED',
            errors: [
              {
                error_code: 141000,
                error_description: 'The phone number is not registered.',
                possible_solution: 'Register it.',
              },
            ],
          },
        ],
      },
      throughput: { level: 'HIGH' },
      last_onboarded_time: '2026-11-20T09:14:00+0000',
    },
    {
      health_status: {
        can_send_message: 'BLOCKED',
        entities: [{ errors: [{ error_code: 141000 }] }],
      },
      throughput: { level: 'HIGH' },
      last_onboarded_time: '2026-11-20T09:14:00+0000',
    },
  ],
  [
    'what is of another kind than expected counts as missing, and the number is still read',
    {
      status: 'CONNECTED',
      health_status: { can_send_message: 1, entities: [{ errors: 'none' }, 7] },
      throughput: 'HIGH',
      last_onboarded_time: 1_700_000_000,
    },
    {
      status: 'CONNECTED',
      health_status: { can_send_message: undefined, entities: undefined },
      throughput: undefined,
      last_onboarded_time: undefined,
    },
  ],
])('%s', async (_, body, expected) => {
  const server = await wireServer({ body: { id: ID, ...body } });
  expect(await clientOf(server.url).readNumber(ID)).toMatchObject(expected);
});
