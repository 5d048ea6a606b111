/** What a route's handler is given and gives back, by the route table. */
import type { Readable } from 'node:stream';
import type { z } from 'zod';
import type { OnboardingClient } from '../../onboarding-client.js';
import type { Caller } from '../caller.js';
import type { Desk } from '../desk.js';
import type { RunLink } from '../desk-onboarding.js';
import type { EventStreams } from '../event-streams.js';
import type { ApiLimits } from '../limits.js';
import type { OpenPins } from '../open-pins.js';
import type { NotedBefore } from '../requests.js';
import type { ROUTES, RouteId } from '../routes.js';

/** What the API uses of the library. */
export type ApiClient = Pick<
  OnboardingClient,
  | 'accept'
  | 'agentReady'
  | 'cancel'
  | 'claim'
  | 'extend'
  | 'handleNumberEvent'
  | 'listPage'
  | 'notify'
  | 'progress'
  | 'release'
  | 'resendCode'
  | 'retry'
  | 'rotateLater'
  | 'rotatePin'
  | 'start'
  | 'status'
  | 'submitCode'
  | 'temporal'
  | 'tryCode'
  | 'watch'
>;

/** What handlers work with. */
export interface Parts {
  client: ApiClient;
  desk: Pick<Desk, 'list' | 'changes'>;
  /** A message went to this number: whoever looks at the desk is to see soon what came of it. */
  told(phoneNumberId: string): void;
  streams: EventStreams;
  openPins: OpenPins;
  /** Whether a webhook for notifications is configured. */
  notifies: boolean;
  limits: ApiLimits;
  clock: () => Date;
  link?: RunLink;
}

type RouteOf<Id extends RouteId> = Extract<(typeof ROUTES)[number], { id: Id }>;
type Given<Id extends RouteId, Part extends string> =
  RouteOf<Id> extends { [_ in Part]: infer Schema extends z.ZodType }
    ? z.output<Schema>
    : undefined;

export interface Asked<Id extends RouteId> {
  caller: Caller;
  params: Given<Id, 'params'>;
  query: Given<Id, 'query'>;
  headers: Given<Id, 'headers'>;
  body: Given<Id, 'body'>;
  /** Writes to the audit trail what is about to happen. @returns whether it is written */
  noteBefore(about: NotedBefore): boolean;
}

type AnswerBodies<Id extends RouteId> = RouteOf<Id>['answers'];

/** What came of it in a word, for the audit trail. */
interface Outcome {
  outcome?: string;
  label?: string | undefined;
  headers?: Readonly<Record<string, string>>;
}

export type Answer<Id extends RouteId> =
  RouteOf<Id> extends { stream: true }
    ? { status: 200; body: Readable } & Outcome
    : {
        [Status in keyof AnswerBodies<Id> & number]: AnswerBodies<Id>[Status] extends z.ZodType
          ? { status: Status; body: z.output<AnswerBodies<Id>[Status]> } & Outcome
          : never;
      }[keyof AnswerBodies<Id> & number];

/** Handlers of some routes. The server calls each with what its own route's schemas have let through. */
export type Handlers<Ids extends RouteId> = {
  [Id in Ids]: (asked: Asked<Id>) => Promise<Answer<Id>>;
};

/** Where to see how an onboarding stands. */
export function statusUrlOf(phoneNumberId: string): string {
  return `/v1/onboardings/${phoneNumberId}`;
}
