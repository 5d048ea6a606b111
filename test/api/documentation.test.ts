/** `docs/http-api.md` says what the code says. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../client/api/limits.js';
import { PROBLEMS } from '../../client/api/problems.js';
import { revealBodySchema, startBodySchema } from '../../client/api/schemas.js';
import { ROLES, SCOPES } from '../../client/api/scopes.js';
import { ALL_ROUTES } from './requests.js';

const page = readFileSync(new URL('../../docs/http-api.md', import.meta.url), 'utf8');
/** The cells of every row of its tables. */
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );

test('it has every route with its scope and the statuses of its answers', () => {
  const routes = rows.filter(([route]) => /^`(GET|POST) /.test(route ?? ''));
  expect(routes.map(([route]) => route)).toEqual(
    expect.arrayContaining(
      ALL_ROUTES.map(({ method, path }) => `\`${method} ${path.replace(/:(\w+)/, '{$1}')}\``),
    ),
  );
  expect(routes).toHaveLength(ALL_ROUTES.length);
  for (const { method, path, scope, answers } of ALL_ROUTES) {
    const name = `\`${method} ${path.replace(/:(\w+)/, '{$1}')}\``;
    const [, documented, statuses = ''] = routes.find(([route]) => route === name) ?? [];
    expect(documented, name).toBe(`\`${scope}\``);
    expect(statuses.match(/\b\d{3}\b/g), name).toEqual(Object.keys(answers));
  }
});

test('it has every problem with its status, and no other', () => {
  const [, ...described] = rows.slice(
    rows.findIndex(([cell]) => cell?.includes('urn:wa-onboard:')),
  );
  const problems = described.filter(
    ([kind, status]) => /^`[a-z-]+`$/.test(kind ?? '') && /^\d{3}$/.test(status ?? ''),
  );
  expect(problems.map(([kind, status]) => [kind, status])).toEqual(
    Object.entries(PROBLEMS).map(([kind, { status }]) => [`\`${kind}\``, String(status)]),
  );
});

test('it has every scope, and which roles have it', () => {
  const heading = rows.findIndex(([cell]) => cell === 'scope');
  const roles = (rows[heading] ?? []).slice(2);
  expect([...roles].sort()).toEqual(Object.keys(ROLES).sort());
  for (const scope of Object.keys(SCOPES)) {
    const row = rows.find(([cell, what]) => cell === `\`${scope}\`` && what !== undefined);
    const marked = roles.filter((_, index) => row?.[index + 2] === '✓');
    const having = Object.entries(ROLES).flatMap(([role, scopes]) =>
      (scopes as readonly string[]).includes(scope) ? [role] : [],
    );
    expect(marked.sort(), scope).toEqual(having.sort());
  }
});

test('it has every member of a start and of a reveal, and the limits as they are', () => {
  const members = rows.map(([cell]) => cell);
  for (const member of Object.keys({ ...startBodySchema.shape, ...revealBodySchema.shape })) {
    expect(members).toContain(`\`${member}\``);
  }
  const limitOf = (what: string) => rows.find(([cell]) => cell === what)?.[1];
  const { requestsPerMinute, codesPerMinute, refusedTokensPerMinute, streamsPerCaller } =
    DEFAULT_LIMITS;
  const claims = `${DEFAULT_LIMITS.claimsPerMinute} a minute`;
  expect(limitOf('claims and releases of one number, of one caller')).toBe(claims);
  expect(limitOf('requests of one caller')).toBe(`${requestsPerMinute} a minute`);
  expect(limitOf('codes for one number, of one caller')).toBe(`${codesPerMinute} a minute`);
  expect(limitOf('PINs shown to one caller')).toBe(`${DEFAULT_LIMITS.revealsPerMinute} a minute`);
  expect(limitOf('refused tokens from one address')).toMatch(
    new RegExp(`^${refusedTokensPerMinute} a minute;`),
  );
  expect(limitOf('streams of one caller')).toBe(`${streamsPerCaller} at a time`);
  expect(limitOf('body')).toBe(`${DEFAULT_LIMITS.bodyBytes / 1024} kB`);
  expect(limitOf("bodies to Meta's webhooks")).toBe(
    `3 MB each, ${DEFAULT_LIMITS.webhookBodies} received at a time`,
  );
});
