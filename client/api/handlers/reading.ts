import type { Caller } from '../caller.js';
import { viewOf } from '../caller.js';
import { matcherOf } from '../desk-filter.js';
import { listedOf } from '../desk-onboarding.js';
import { detailOf } from '../onboarding-detail.js';
import type { Onboarding } from '../schemas.js';
import type { Asked, Handlers, Parts } from './handler.js';

/** Handlers of the routes that change nothing, streams apart. */
export function readingHandlers({
  client,
  desk,
  clock,
  link,
}: Parts): Handlers<'me' | 'listOnboardings' | 'getOnboarding'> {
  async function listEnded(query: Asked<'listOnboardings'>['query'], caller: Caller) {
    const { limit, stage, label, text, cursor } = query;
    const isWanted = matcherOf({
      allows: viewOf(caller),
      ...(stage === undefined ? {} : { stage }),
      ...(label === undefined ? {} : { label }),
      ...(text === undefined ? {} : { text }),
    });
    const items: Onboarding[] = [];
    let pageToken = cursor;
    for (let calls = 0; calls < MOST_CALLS; calls += 1) {
      const page = await client.listPage({
        run: 'ended',
        pageSize: limit - items.length,
        ...(pageToken === undefined ? {} : { pageToken }),
        ...(stage === undefined ? {} : { stage }),
        ...(label === undefined ? {} : { label }),
      });
      const found = page.items.map((summary) => listedOf(summary, link).onboarding);
      items.push(...found.filter(isWanted));
      pageToken = page.nextPageToken;
      if (pageToken === undefined || items.length >= limit) break;
    }
    return {
      items,
      ...(pageToken === undefined ? {} : { next: pageToken }),
      asOf: clock().toISOString(),
    };
  }

  return {
    async me({ caller: { name, scopes, labels, phoneNumberIds, expiresAt } }) {
      return {
        status: 200,
        body: {
          name,
          scopes: [...scopes],
          ...(labels === undefined ? {} : { labels: [...labels] }),
          ...(phoneNumberIds === undefined ? {} : { phoneNumberIds: [...phoneNumberIds] }),
          expiresAt: expiresAt.toISOString(),
        },
      };
    },

    async listOnboardings({ query, caller }) {
      if (query.run === 'ended') return { status: 200, body: await listEnded(query, caller) };
      const { stage, label, text, cursor, limit } = query;
      const page = await desk.list({
        limit,
        allows: viewOf(caller),
        ...(stage === undefined ? {} : { stage }),
        ...(label === undefined ? {} : { label }),
        ...(text === undefined ? {} : { text }),
        ...(cursor === undefined ? {} : { cursor }),
      });
      return { status: 200, body: page };
    },

    async getOnboarding({ params }) {
      return { status: 200, body: detailOf(await client.status(params.phoneNumberId), link) };
    },
  };
}

/** Of what ended, Temporal cannot search the text: so many of its pages are looked through for one of ours. */
const MOST_CALLS = 5;
