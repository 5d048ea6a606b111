import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../client/index.js';
import { codeAwaited, stackForFile, until } from '../workflow/stack.js';

const the = stackForFile();

/** The page that lists the numbers, once Temporal's lists have caught up. */
function listed(request: Parameters<typeof the.stack.client.listPage>[0], ids: string[]) {
  return until('the numbers to be listed', async () => {
    const page = await the.stack.client.listPage(request);
    const found = page.items.map(({ phoneNumberId }) => phoneNumberId);
    return ids.every((id) => found.includes(id)) && page;
  });
}

test('a page of open runs tells what each waits for; one of ended runs no longer does', async () => {
  const { stack } = the;
  const id = stack.number();
  const label = `page ${id}`;
  await stack.start(id, { label });
  await codeAwaited(stack, id);
  await stack.client.claim(id, { by: 'Ana' });
  await until('the claim to be listed', async () => {
    const { items } = await stack.client.listPage({ run: 'open', pageSize: 10, label });
    return items[0]?.card?.claim?.by === 'Ana' && items[0].card.waiting?.for === 'the code';
  });
  await stack.client.cancel(id);
  await expect(stack.client.result(id)).rejects.toThrow();
  const { items } = await listed({ run: 'ended', pageSize: 10, label }, [id]);
  expect(items[0]?.card).toMatchObject({ lastDigits: expect.stringMatching(/^[0-9]{4}$/) });
  expect(items[0]?.card).not.toHaveProperty('waiting');
  expect(items[0]?.card).not.toHaveProperty('claim');
});

test('pages follow each other until none is left, and each number is on one of them', async () => {
  const { stack } = the;
  const ids = Array.from({ length: 5 }, () => stack.number({ preset: 'banned' }));
  const label = `pages ${ids[0]}`;
  for (const id of ids) await stack.start(id, { label });
  await listed({ run: 'ended', pageSize: 100, label }, ids);
  const seen: string[] = [];
  for (
    let token: string | undefined = '', first = true;
    first || token !== undefined;
    first = false
  ) {
    const page = await stack.client.listPage({
      ...{ run: 'ended', pageSize: 2, label },
      ...(first ? {} : { pageToken: token ?? '' }),
    });
    seen.push(...page.items.map(({ phoneNumberId }) => phoneNumberId));
    token = page.nextPageToken;
  }
  expect(seen.sort()).toEqual(ids.sort());
});

describe('a page token that no page gave', () => {
  test.each(['', 'garbage', 'AAAA', '!!', 'eyJhIjoxfQ.000000000000'])(
    'such as “%s” is refused at once',
    async (pageToken) => {
      await expect(
        the.stack.client.listPage({ run: 'ended', pageSize: 2, pageToken }),
      ).rejects.toThrow(InvalidInputError);
    },
  );
});

test.each([`O'Hara's shop`, 'a "quoted" shop', 'back\\slash', 'tab\tand\nline', "x' OR '1'='1"])(
  'a number is found by its label %j, and no other',
  async (text) => {
    const { stack } = the;
    const id = stack.number({ preset: 'banned' });
    const label = `${text} ${id}`;
    await stack.start(id, { label });
    const { items } = await listed({ run: 'ended', pageSize: 1_000, label }, [id]);
    expect(items.map((item) => item.label)).toEqual([label]);
  },
);
