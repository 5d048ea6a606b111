/** The HTTP API as the bench uses it: through HTTP, from another process. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { DeskEvent, OnboardingPage } from '../client/api/desk.js';
import type { ApiTask, ApiUsage } from './api-messages.js';

export interface ApiUnderTest {
  list(query?: Record<string, string>): Promise<OnboardingPage>;
  claim(phoneNumberId: string): Promise<void>;
  /** Listens to the events of all, from when this resolves until the signal. */
  listen(
    hear: (event: DeskEvent['event'], data: unknown) => void,
    signal: AbortSignal,
  ): Promise<void>;
  usage(): Promise<ApiUsage>;
  stop(): Promise<void>;
}

const PROGRAM = fileURLToPath(new URL('api-process.js', import.meta.url));

export async function startApiProcess(task: ApiTask, token: string): Promise<ApiUnderTest> {
  const process = fork(PROGRAM, { execArgv: ['--expose-gc'] });
  const exited = once(process, 'exit');
  const said = async () => {
    const [message] = await Promise.race([
      once(process, 'message'),
      exited.then(() => {
        throw new Error('The API ended by itself.');
      }),
    ]);
    return message;
  };
  process.send(task);
  const { url } = (await said()) as { url: string };
  const headers = { authorization: `Bearer ${token}` };

  async function asked(path: string, init: RequestInit = {}): Promise<Response> {
    const answer = await fetch(`${url}${path}`, { headers, ...init });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
    return answer;
  }

  return {
    async list(query = {}) {
      const answer = await asked(`/v1/onboardings?${new URLSearchParams(query)}`);
      return (await answer.json()) as OnboardingPage;
    },
    async claim(phoneNumberId) {
      const answer = await asked(`/v1/onboardings/${phoneNumberId}/claim`, { method: 'POST' });
      await answer.arrayBuffer();
    },
    async listen(hear, signal) {
      const { body } = await asked('/v1/events', { signal });
      if (body === null) throw new Error('The stream of events has no body.');
      await new Promise<void>((resolve, reject) => {
        readEvents(body, (event, data) => {
          if (event === 'connection') resolve();
          hear(event, data);
        }).catch((error: unknown) => {
          if (!signal.aborted) reject(error);
        });
      });
    },
    async usage() {
      process.send('usage');
      return (await said()) as ApiUsage;
    },
    async stop() {
      process.disconnect();
      await exited;
    },
  };
}

async function readEvents(
  body: ReadableStream<Uint8Array>,
  hear: (event: DeskEvent['event'], data: unknown) => void,
): Promise<void> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, event] = /^event: (.*)$/m.exec(block) ?? [];
      const [, data] = /^data: (.*)$/m.exec(block) ?? [];
      if (event !== undefined && data !== undefined) {
        hear(event as DeskEvent['event'], JSON.parse(data));
      }
    }
  }
}
