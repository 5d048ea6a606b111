/** Looks for secrets in whatever form a program may write them down. */
import type { WorkflowHandle } from '@temporalio/client';

export type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;

/** How a secret was written where it was found. */
export type SecretForm =
  | 'plain'
  /** Six digits as people write them: `123-456`, `123 456`. */
  | 'grouped'
  /** A number in JSON, its leading zero lost; with more of them it could be any small number. */
  | 'number'
  | 'percent-encoded'
  | 'base64'
  | 'base64url'
  | 'hex'
  /** In one of these within text that is base64 itself. */
  | 'within base64';

export interface SecretSighting {
  secret: string;
  form: SecretForm;
}

/**
 * Makes a search for secrets in a text; bytes are given as Latin-1 text. Six digits within a longer run of digits do not
 * count, nor do those within a UUID or a hash: instants and ids hold many six-digit numbers.
 *
 * @returns gives each secret that the text holds, with the first form found
 */
export function secretSearch(secrets: readonly string[]): (text: string) => SecretSighting[] {
  const all = [...new Set(secrets)].map((secret) => ({ secret, ...formsOf(secret) }));
  const byDigits = new Map(
    all.filter(({ secret }) => isSixDigits(secret)).map((e) => [e.secret, e]),
  );
  const others = all.filter(({ secret }) => !byDigits.has(secret));

  function search(text: string, inside: number): SecretSighting[] {
    const found = new Map<string, SecretForm>();
    const see = (secret: string, form: SecretForm) => {
      if (!found.has(secret)) found.set(secret, form);
    };
    const plainly = (part: string, encoded?: SecretForm) => {
      for (const [, head = '', gap = '', tail = ''] of part.replace(IDS, '').matchAll(SIX_DIGITS)) {
        if (byDigits.has(head + tail)) see(head + tail, encoded ?? (gap ? 'grouped' : 'plain'));
      }
      for (const { secret } of others) if (part.includes(secret)) see(secret, encoded ?? 'plain');
    };
    plainly(text);
    if (text.includes('%')) plainly(percentDecoded(text), 'percent-encoded');
    for (const { secret, encoded, number } of all) {
      for (const { form, pattern } of encoded) if (text.includes(pattern)) see(secret, form);
      if (number?.test(text)) see(secret, 'number');
    }
    if (inside > 0) {
      for (const [part] of text.matchAll(BASE64)) {
        const decoded = Buffer.from(part, 'base64').toString('latin1');
        for (const { secret } of search(decoded, inside - 1)) see(secret, 'within base64');
      }
    }
    return [...found].map(([secret, form]) => ({ secret, form }));
  }
  const clean = new Set<string>();
  return (text) => {
    if (clean.has(text)) return [];
    const sightings = search(text, 2);
    if (sightings.length === 0 && text.length <= SHORT) clean.add(text);
    return sightings;
  };
}

/** Most texts of a history are names and small numbers that come again and again: so long ones are remembered as clean. */
const SHORT = 40;

/** Text of generated ids and hashes, which may hold any six digits. */
const IDS = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32,}/gi;
/** Of no width, so that digits which overlap are all found. */
const SIX_DIGITS = /(?<![0-9])(?=([0-9]{3})([- ]?)([0-9]{3})(?![0-9]))/g;
const BASE64 = /[A-Za-z0-9+/_-]{16,}/g;

const isSixDigits = (secret: string) => /^[0-9]{6}$/.test(secret);

interface EncodedForms {
  encoded: { form: SecretForm; pattern: string }[];
  number?: RegExp;
}

function formsOf(secret: string): EncodedForms {
  const alignments = [0, 1, 2] as const;
  const hex = Buffer.from(secret).toString('hex');
  const encoded: EncodedForms['encoded'] = [
    ...alignments.map((before) => ({
      form: 'base64' as const,
      pattern: base64At(secret, before, 'base64'),
    })),
    ...alignments.map((before) => ({
      form: 'base64url' as const,
      pattern: base64At(secret, before, 'base64url'),
    })),
    { form: 'hex', pattern: hex },
    { form: 'hex', pattern: hex.toUpperCase() },
  ];
  const patterns = encoded.map(({ pattern }) => pattern);
  return {
    encoded: encoded.filter(({ pattern }, index) => patterns.indexOf(pattern) === index),
    ...(/^0[1-9][0-9]{4}$/.test(secret)
      ? { number: new RegExp(`(?:^|[:[,]\\s*)${Number(secret)}\\s*(?:[,}\\]]|$)`) }
      : {}),
  };
}

/** The characters of a text's base64 that depend on the secret alone, when `before` bytes (modulo 3) stand before it. */
function base64At(secret: string, before: number, alphabet: 'base64' | 'base64url'): string {
  const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)]);
  const whole = bytes.toString(alphabet).replaceAll('=', '');
  const first = Math.ceil((before * 8) / 6);
  const last = Math.floor((bytes.length * 8) / 6);
  return whole.slice(first, last);
}

function percentDecoded(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, byte: string) =>
    String.fromCharCode(Number.parseInt(byte, 16)),
  );
}

/** A text somewhere in a value, and where: such as `events.4.activityTaskScheduledEventAttributes.input`. */
export interface FoundText {
  path: string;
  text: string;
}

/** Every text, number, key and run of bytes (as Latin-1) in a value. */
export function* textsIn(value: unknown, path = ''): Generator<FoundText> {
  if (typeof value === 'string') yield { path, text: value };
  else if (typeof value === 'number' || typeof value === 'bigint') yield { path, text: `${value}` };
  else if (value instanceof Uint8Array) {
    yield { path, text: Buffer.from(value).toString('latin1') };
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      const at = path ? `${path}.${key}` : key;
      yield { path: at, text: key };
      yield* textsIn(inner, at);
    }
  }
}

/**
 * Where a secret stands in a history, or another value of Temporal's API.
 *
 * @returns paths; empty when it is nowhere
 */
export function placesOf(secret: string, value: unknown): string[] {
  const search = secretSearch([secret]);
  return [...textsIn(value)].filter(({ text }) => search(text).length > 0).map(({ path }) => path);
}
