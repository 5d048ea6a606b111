import type { Readable, Writable } from 'node:stream';
import pc from 'picocolors';
import type { Configuration } from '../../configuration/configuration.js';
import { ConfigurationError } from '../../configuration/configuration-error.js';
import { parsePhoneNumberId } from '../../workflows/input.js';
import { InvalidInputError, OnboardingClientError } from '../errors.js';
import type { OnboardingClient } from '../onboarding-client.js';
import { usable } from '../usable-input.js';
import { EXIT, type ExitCode, exitCodeOfError } from './exit-codes.js';
import { oneSentence } from './sentences.js';
import { uiLink } from './ui-link.js';
import type { View } from './view.js';
import { DEFAULT_COLUMNS, hang, wrapLines } from './wrap.js';

/** What the command runs in. */
export interface Terminal {
  stdin: Readable & { isTTY?: boolean };
  stdout: Writable & { isTTY?: boolean; columns?: number };
  stderr: Writable & { columns?: number };
  /** Colours in human output. */
  color: boolean;
  now(): Date;
  /** Reads the environment, `.env` and the file that `npm start` leaves. */
  loadConfiguration(): Configuration;
}

/** How long a command waits for Temporal before it says that nothing answers. */
const CONNECT_TIMEOUT_MS = 4_000;

/** What a command works with: where it prints, what is configured, and Temporal. */
export class Session {
  #configuration: Configuration | undefined;

  /** @param json print one JSON document instead of text for people */
  constructor(
    readonly terminal: Terminal,
    readonly json: boolean,
  ) {}

  get configuration(): Configuration {
    this.#configuration ??= this.terminal.loadConfiguration();
    return this.#configuration;
  }

  /** For rendering: the present time and the colours to use. */
  get view(): View {
    return {
      now: this.terminal.now(),
      colors: pc.createColors(this.terminal.color),
      columns: this.columns,
    };
  }

  /** Where lines on standard output are to end. */
  get columns(): number {
    return this.terminal.stdout.columns || DEFAULT_COLUMNS;
  }

  /**
   * The number that a command means.
   *
   * @throws InvalidInputError when it is no id, or none is given and `WA_PHONE_NUMBER_ID` is not set
   */
  phoneNumberId(given: string | undefined): string {
    const id = given ?? this.configuration.phoneNumberId;
    if (id !== undefined && /^[0-9]+$/.test(id) && !usableLength(id)) {
      throw new InvalidInputError(
        `The phone number id must be Meta’s id of the number, of 5 to 25 digits, such as 106540352242922; what was given has ${id.length}.`,
      );
    }
    if (id !== undefined) return usable(parsePhoneNumberId(id));
    throw new InvalidInputError('Give the phone number id, or set WA_PHONE_NUMBER_ID.');
  }

  /** Text for people, or with `--json` the document. */
  answer(lines: string[], document: object): void {
    this.terminal.stdout.write(
      this.json ? `${JSON.stringify(document)}\n` : lines.map((line) => `${line}\n`).join(''),
    );
  }

  /** Sentences for people, wrapped to the terminal, or with `--json` the document. */
  tell(sentences: string[], document: object): void {
    this.answer(wrapLines(sentences, this.columns), document);
  }

  /** Lines for people beside the answer, on standard error; nothing with `--json`. */
  remark(lines: string[]): void {
    if (this.json) return;
    const wrapped = wrapLines(lines, this.#errorColumns);
    this.terminal.stderr.write(wrapped.map((line) => `${line}\n`).join(''));
  }

  /** A command to copy, on a line of its own that is never wrapped. */
  remarkCommand(command: string): void {
    if (!this.json) this.terminal.stderr.write(`  ${command}\n`);
  }

  get #errorColumns(): number {
    return this.terminal.stderr.columns || this.columns;
  }

  /** Run `work` with a connected client. */
  async withClient<T>(
    work: (
      client: OnboardingClient,
      link: (workflowId: string, runId: string) => string | undefined,
    ) => Promise<T>,
  ): Promise<T> {
    const { connectClient } = await import('./connect-client.js');
    const { client, place } = await connectClient(this.configuration, CONNECT_TIMEOUT_MS);
    try {
      return await work(client, (workflowId, runId) => uiLink(place, workflowId, runId));
    } finally {
      await client.close();
    }
  }

  /** Tell what went wrong in one sentence, never with a stack trace: on stderr, with `--json` as a document on stdout. */
  fail(error: unknown, code: ExitCode = this.#exitCodeOf(error)): ExitCode {
    const message = oneSentence(error);
    const type = error instanceof Error ? error.name : 'Error';
    if (this.json) {
      this.terminal.stdout.write(
        `${JSON.stringify({ error: { ...fieldsOf(error), type, message } })}\n`,
      );
    } else {
      const mark = `${pc.createColors(this.terminal.color).red('✖')} `;
      const lines = hang(mark, 2, message, this.#errorColumns);
      this.terminal.stderr.write(lines.map((line) => `${line}\n`).join(''));
    }
    return code;
  }

  #exitCodeOf(error: unknown): ExitCode {
    return error instanceof ConfigurationError ? EXIT.usage : exitCodeOfError(error);
  }
}

const usableLength = ({ length }: string) => length >= 5 && length <= 25;

/** An error's own fields, such as `phoneNumberId` and `runId`. */
function fieldsOf(error: unknown): object {
  if (!(error instanceof OnboardingClientError)) return {};
  const { name: _, ...fields } = { ...error };
  return fields;
}
