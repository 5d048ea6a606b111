/** The HTTP API in a process of its own, which counts what it asks of Temporal's lists. */
import { createApi } from '../client/api/api-server.js';
import { openAudit } from '../client/api/audit.js';
import { createAuthenticator } from '../client/api/authenticator.js';
import { createDesk } from '../client/api/desk-view.js';
import { OnboardingClient } from '../client/index.js';
import type { ApiTask, ApiUsage } from './api-messages.js';

process.once('message', (task: ApiTask) => {
  void serve(task);
});
process.on('disconnect', () => process.exit());

async function serve({ address, key, auditFile }: ApiTask): Promise<void> {
  const client = await OnboardingClient.connect({ address });
  const lists = { calls: 0, rows: 0 };
  const listPage = client.listPage.bind(client);
  client.listPage = async (request) => {
    lists.calls += 1;
    const page = await listPage(request);
    lists.rows += page.items.length;
    return page;
  };
  const api = await createApi({
    client,
    desk: createDesk(client),
    auth: createAuthenticator({ source: { localKey: Buffer.from(key, 'base64') } }),
    audit: await openAudit({ file: auditFile }),
    limits: { requestsPerMinute: 1e6, codesPerMinute: 1e6 },
  });
  const url = await api.listen({ host: '127.0.0.1', port: 0 });
  process.on('message', () => {
    globalThis.gc?.();
    const { rss, heapUsed } = process.memoryUsage();
    const usage: ApiUsage = { ...lists, rss, heapUsed };
    process.send?.(usage);
  });
  process.send?.({ url });
}
