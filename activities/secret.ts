import { inspect } from 'node:util';

const REDACTED = '[redacted]';

/**
 * A PIN, a code or a token on its way through the program. It prints as `[redacted]` wherever it is turned into text:
 * by a template, `JSON.stringify`, `console.log` or a debugger. Only {@link Secret.reveal} gives the value.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself. Call it where the value leaves for its destination, and nowhere else. */
  reveal(): string {
    return this.#value;
  }

  equals(other: Secret): boolean {
    return this.#value === other.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
