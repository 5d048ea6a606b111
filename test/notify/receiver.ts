/** A real HTTP server that takes notifications, checks their signatures, and answers as a test wants. */
import { createHmac, randomBytes } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Notification } from '../../workflows/notification.js';

/** One request, as it was answered. */
export interface Post {
  notification: Notification;
  answered: Answer;
}

/** A status, or no answer at all. */
export type Answer = number | 'never';

export interface Receiver {
  /** Its address, the path of which is a secret as Slack's is. */
  url: string;
  secret: string;
  /** What nobody but worker and receiver may know. */
  secrets: string[];
  /** Every request, in the order in which they came. */
  posts: Post[];
  /** What was taken (2xx) of a number, each event once. */
  taken(phoneNumberId: string): Notification[];
  /** How the first requests about a number are answered, in turn; 200 after them, and for all others. */
  answers(phoneNumberId: string, ...answers: Answer[]): void;
  /** Answers what was left unanswered with 200. */
  release(): void;
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const key = randomBytes(32);
  const path = `/services/${randomBytes(12).toString('hex')}`;
  const posts: Post[] = [];
  const planned = new Map<string, Answer[]>();
  const held = new Map<ServerResponse, Post>();

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const { 'webhook-id': id, 'webhook-timestamp': timestamp } = request.headers;
      const mac = createHmac('sha256', key).update(`${String(id)}.${String(timestamp)}.${body}`);
      const signed = request.headers['webhook-signature'] === `v1,${mac.digest('base64')}`;
      const aged = Math.abs(Date.now() / 1_000 - Number(timestamp)) > 300;
      if (!signed || aged || request.url !== path || request.method !== 'POST') {
        return response.writeHead(401).end('no signature that fits');
      }
      const notification = JSON.parse(body) as Notification;
      const answered = planned.get(notification.phoneNumberId ?? '')?.shift() ?? 200;
      const post: Post = { notification, answered };
      posts.push(post);
      if (answered === 'never') return held.set(response, post);
      return response.writeHead(answered).end('what a receiver says is for nobody');
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}${path}`;
  const secret = `whsec_${key.toString('base64')}`;

  const release = () => {
    for (const [response, post] of held) {
      if (response.destroyed) continue; // given up by who asked
      response.writeHead(200).end();
      post.answered = 200;
    }
    held.clear();
  };
  return {
    url,
    secret,
    secrets: [url, path, `127.0.0.1:${port}`, secret, key.toString('base64'), key.toString('hex')],
    posts,
    taken(phoneNumberId) {
      const ids = new Set<string>();
      return posts
        .filter(({ answered }) => answered === 200)
        .map(({ notification }) => notification)
        .filter((each) => each.phoneNumberId === phoneNumberId)
        .filter(({ id }) => !ids.has(id) && ids.add(id));
    },
    answers: (phoneNumberId, ...answers) => planned.set(phoneNumberId, answers),
    release,
    async close() {
      release();
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
