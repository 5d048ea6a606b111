/** The list of ended onboardings, which comes from Temporal page by page. */
import type { FastifyInstance } from 'fastify';
import { afterEach, expect, test } from 'vitest';
import { SCOPE_NAMES } from '../../client/api/scopes.js';
import type { ListPageRequest, OnboardingSummary } from '../../client/index.js';
import { standInApi } from './stand-ins.js';
import { goodPayload, localIssuer } from './tokens.js';

const issuer = localIssuer();
const open: FastifyInstance[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((app) => app.close()));
});

const ended = (index: number): OnboardingSummary => ({
  phoneNumberId: `10654035224${String(index).padStart(4, '0')}`,
  workflowId: `whatsapp-number-${index}`,
  runId: `run-${index}`,
  operation: 'onboardNumber',
  run: 'completed',
  label: index % 3 === 0 ? 'shop' : 'outlet',
  startedAt: '2026-11-23T09:00:00.000Z',
  endedAt: '2026-11-23T09:10:00.000Z',
});

/** Ten ended runs; a token says where to go on. */
async function listPage({ pageSize, pageToken }: ListPageRequest) {
  const from = Number(pageToken ?? 0);
  const to = Math.min(10, from + pageSize);
  return {
    items: Array.from({ length: to - from }, (_, index) => ended(from + index)),
    ...(to < 10 ? { nextPageToken: `${to}` } : {}),
  };
}

test.each([
  ['all of them', {}, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
  ['those that a token limited to a label may see', { onboarding_labels: ['shop'] }, [0, 3, 6, 9]],
])('following `next` from page to page gives %s, each once', async (_, claims, wanted) => {
  const { app } = await standInApi({ source: issuer.source, client: { listPage } });
  open.push(app);
  const token = await issuer.sign(goodPayload(issuer, SCOPE_NAMES, { ...claims }));
  const seen: string[] = [];
  let next: string | undefined;
  do {
    const cursor = next === undefined ? '' : `&cursor=${encodeURIComponent(next)}`;
    const answer = await app.inject({
      url: `/v1/onboardings?run=ended&limit=2${cursor}`,
      headers: { authorization: `Bearer ${token}` },
    });
    expect(answer.statusCode).toBe(200);
    const page = answer.json<{ items: { phoneNumberId: string }[]; next?: string }>();
    seen.push(...page.items.map(({ phoneNumberId }) => phoneNumberId));
    next = page.next;
  } while (next !== undefined);
  expect(seen).toEqual(wanted.map((index) => ended(index).phoneNumberId));
});
