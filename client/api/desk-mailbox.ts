import type { DeskEvent } from './desk.js';

/** The events that a listener has not taken yet. */
export interface Mailbox {
  put(event: DeskEvent): void;
  take(): DeskEvent | undefined;
  /** Resolves once there is something to take, or the mailbox has ended. */
  arrived(): Promise<void>;
  end(): void;
  ended(): boolean;
}

/**
 * A mailbox that holds one event a number and label, the newest, and the newest of the connection: a listener that is slow
 * misses what was in between, and no more. A number that changes its label is gone for who may see the old one alone. One that takes nothing while `most` numbers change has gone; its mailbox ends.
 *
 * @param most events kept at a time
 */
export function createMailbox(most: number): Mailbox {
  const waiting = new Map<string, DeskEvent>();
  let over = false;
  let ring: () => void = () => undefined;

  function end(): void {
    over = true;
    waiting.clear();
    ring();
  }

  return {
    put(event) {
      if (over) return;
      const about = aboutOf(event);
      waiting.delete(about);
      waiting.set(about, event);
      if (waiting.size > most) end();
      else ring();
    },
    take() {
      for (const [about, event] of waiting) {
        waiting.delete(about);
        return event;
      }
      return undefined;
    },
    arrived() {
      if (over || waiting.size > 0) return Promise.resolve();
      return new Promise((resolve) => {
        ring = resolve;
      });
    },
    end,
    ended: () => over,
  };
}

function aboutOf(event: DeskEvent): string {
  if (event.event === 'connection') return '';
  const label = event.event === 'gone' ? event.label : event.data.label;
  return JSON.stringify([event.data.phoneNumberId, label]);
}
