/** What the API knows of the open onboardings, and hears of their changes. `createDesk` in `desk-view.ts` makes one. */
import type { z } from 'zod';
import type { EVENT_SCHEMAS, Onboarding, onboardingPageSchema } from './schemas.js';

export type OnboardingPage = z.output<typeof onboardingPageSchema>;

/** Which open onboardings are wanted. */
export interface DeskFilter {
  stage?: Onboarding['stage'];
  /** Exactly this label. */
  label?: string;
  /** In the label or the business' name, the id, or the last digits of the telephone number. */
  text?: string;
  limit: number;
  /** `next` of the page before. */
  cursor?: string;
  /** What the caller may see; the rest is left out, and not counted. */
  allows: (onboarding: Onboarding) => boolean;
}

/** An event of the desk, as `GET /v1/events` sends it. */
export type DeskEvent =
  | { event: 'onboarding'; data: Onboarding }
  | {
      event: 'gone';
      data: z.output<typeof EVENT_SCHEMAS.gone>;
      /** Of the one that is gone; not sent, it tells who may hear of it. */
      label?: string;
    }
  | { event: 'connection'; data: z.output<typeof EVENT_SCHEMAS.connection> };

export interface Desk {
  /**
   * Open onboardings, kept up by one poll of Temporal's list per process, however many look. The view is no older than a few
   * seconds.
   *
   * @throws what the client throws where Temporal cannot be asked, and InvalidInputError for a cursor that is none
   */
  list(filter: DeskFilter): Promise<OnboardingPage>;
  /** After a message that went through this process: look at this number now, and keep that until Temporal's list has caught up. */
  refresh(phoneNumberId: string): Promise<void>;
  /** Changes, from now on; ends with the signal. The first event is the connection. */
  changes(signal: AbortSignal): AsyncIterable<DeskEvent>;
  close(): Promise<void>;
}
