import { existsSync } from 'node:fs';
import { join } from 'node:path';
import staticFiles from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { ApiProblem } from './problems.js';

/** Addresses of the console's pages; all are the same file. */
const PAGES = ['/', '/numbers/:phoneNumberId'];

/** The support desk's console at `/`. */
export async function addConsole(app: FastifyInstance, folder: string | undefined): Promise<void> {
  const built = folder !== undefined && existsSync(join(folder, 'index.html'));
  if (built) {
    // Names of files stay when their contents change, so a browser asks each time whether its copy is good.
    await app.register(staticFiles, {
      root: folder,
      wildcard: false,
      index: false,
      cacheControl: false,
      setHeaders: (response) => void response.setHeader('cache-control', 'no-cache'),
    });
  }
  for (const url of PAGES) {
    app.get(url, { schema: { hide: true } }, async (_request, reply) => {
      if (built) return reply.sendFile('index.html');
      throw new ApiProblem(
        'no-such-route',
        'The console is not here: run "npm run build", then start the API again.',
      );
    });
  }
}
