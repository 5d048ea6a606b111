/**
 * The support desk as it runs, for a test file: worker, simulator and API with the built console on the project's Temporal
 * server, and people with browsers of their own. After each test, what everybody's browser did is held against the rules.
 */
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { ROLES, type Role } from '../../client/api/scopes.js';
import { programPlaces } from '../../configuration/program-places.js';
import type { OnboardingInput } from '../../workflows/messages.js';
import { codeAwaited, type Stack, startStack, until } from '../workflow/stack.js';
import { type ApiServer, startApiServer, type TokenOptions } from './api-server.js';
import { launchChromium } from './chromium.js';
import { signIn } from './console-parts.js';
import { type Device, openBrowser, type Person } from './person.js';

/** A number whose run waits. */
export interface WaitingNumber {
  id: string;
  label: string;
  /** The newest code that was sent for it. */
  code(): string;
}

export interface SupportDesk {
  stack: Stack;
  api: ApiServer;
  /** Somebody who has not signed in. */
  visitor(token: string, device?: Device): Promise<Person>;
  /** Somebody who has signed in and looks at the desk. */
  person(name: string, role: Role, options?: Device & TokenOptions): Promise<Person>;
  /** Starts an onboarding and waits until it waits for a code. */
  waiting(
    label: string,
    input?: Partial<OnboardingInput>,
    seed?: Parameters<Stack['number']>[0],
  ): Promise<WaitingNumber>;
  /** Starts an onboarding and waits until it is in a stage. */
  startedTo(
    stage: string,
    label: string,
    input?: Partial<OnboardingInput>,
    seed?: Parameters<Stack['number']>[0],
  ): Promise<WaitingNumber>;
  /** From now on the worker's clock is so many milliseconds ahead of, or behind, the machine's. */
  setWorkerClock(aheadMs: number): void;
  /** Another one of the codes that are certainly wrong, which are searched for too where codes must not be. */
  wrongCode(number: WaitingNumber): string;
}

export function supportDeskForFile(): { readonly desk: SupportDesk } {
  let desk: SupportDesk | undefined;
  let browser: Browser | undefined;
  let stack: Stack | undefined;
  let api: ApiServer | undefined;
  const people: Person[] = [];
  const codes = new Set<string>();
  let aheadMs = 0;
  let wrongCodes = 0;

  beforeAll(async () => {
    browser = await launchChromium(programPlaces());
    stack = await startStack({ clock: () => new Date(Date.now() + aheadMs) });
    api = await startApiServer(stack);
    stack.simulator.onCode(({ code }) => codes.add(code));
    desk = supportDesk(browser, stack, api);
  });

  afterEach(async () => {
    aheadMs = 0;
    const left = await Promise.allSettled(people.splice(0).map((person) => person.leave(codes)));
    if (stack !== undefined) await endRuns(stack);
    for (const leaving of left) if (leaving.status === 'rejected') throw leaving.reason;
  });

  afterAll(async () => {
    await browser?.close();
    const audited = await api?.audited();
    await api?.close();
    await stack?.close();
    expect(
      [...codes].filter((code) => audited?.includes(code)),
      'codes in the audit trail',
    ).toEqual([]);
  });

  function supportDesk(browser: Browser, stack: Stack, api: ApiServer): SupportDesk {
    async function visitor(token: string, device: Device = {}, name = 'a visitor') {
      const person = await openBrowser(browser, api.url, { name, token, ...device });
      people.push(person);
      await person.page.goto('/');
      return person;
    }
    const started = async (
      label: string,
      input?: Partial<OnboardingInput>,
      seed?: Parameters<Stack['number']>[0],
    ): Promise<WaitingNumber> => {
      const id = stack.number(seed);
      await stack.start(id, { ...input, label });
      return { id, label, code: () => stack.simulator.codes(id).at(-1)?.code ?? '' };
    };
    return {
      stack,
      api,
      visitor: (token, device) => visitor(token, device),
      async person(name, role, { labels, expiresInS, ...device } = {}) {
        const limits = {
          ...(labels === undefined ? {} : { labels }),
          ...(expiresInS === undefined ? {} : { expiresInS }),
        };
        const person = await visitor(await api.token(name, ROLES[role], limits), device, name);
        await signIn(person.page, person.token);
        await person.page.getByRole('button', { name: 'Sign out' }).waitFor();
        return person;
      },
      async waiting(label, input, seed) {
        const number = await started(label, input, seed);
        await codeAwaited(stack, number.id);
        return number;
      },
      async startedTo(stage, label, input, seed) {
        const number = await started(label, input, seed);
        await until(`the run to be ${stage}`, async () => {
          const status = await stack.client.status(number.id);
          return status.stage === stage;
        });
        return number;
      },
      setWorkerClock(ms) {
        aheadMs = ms;
      },
      wrongCode(number) {
        wrongCodes += 1;
        const code = String(100_000 + wrongCodes * 7);
        if (code === number.code()) return this.wrongCode(number);
        codes.add(code);
        return code;
      },
    };
  }

  return {
    get desk() {
      if (desk === undefined) throw new Error('The desk opens before the first test.');
      return desk;
    },
  };
}

/** What a test leaves waiting would be on the desk of the next one. */
async function endRuns({ temporal }: Stack): Promise<void> {
  for await (const { workflowId } of temporal.workflow.list({
    query: 'ExecutionStatus="Running"',
  })) {
    try {
      await temporal.workflow.getHandle(workflowId).terminate('The test has ended.');
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error; // it has ended by itself meanwhile
    }
  }
}
