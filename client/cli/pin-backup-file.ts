/**
 * Backups of PIN records: one JSON document, encrypted with age (https://age-encryption.org) to whoever is to open it. The
 * PINs are plain text in memory only, never on a disk.
 */
import {
  armor,
  Decrypter,
  Encrypter,
  generateX25519Identity,
  identityToRecipient,
} from 'age-encryption';
import { z } from 'zod';
import type { PinRecordBackup } from '../../activities/pin-store/pin-store.js';
import { Secret } from '../../activities/secret.js';
import { InvalidInputError, OnboardingClientError } from '../errors.js';

/** What a file says of itself, so that a later version can tell what it reads. */
const FORMAT = 'whatsapp-number-onboarding pin records';
const FORMAT_VERSION = 1;

const secret = z
  .string()
  .regex(/^[0-9]{6}$/)
  .transform((pin) => new Secret(pin));

const state = z.string().exactOptional();

/** What it does not know it refuses: left out, it would be lost without anybody noticing. */
const backupSchema = z.strictObject({
  phoneNumberId: z.string().regex(/^[0-9]{5,25}$/),
  about: z.strictObject({
    displayPhoneNumber: z.string().exactOptional(),
    wabaId: z.string().exactOptional(),
    label: z.string().exactOptional(),
    registeredName: z.string().exactOptional(),
  }),
  notes: z.strictObject({
    stale: z.strictObject({ since: z.string(), why: z.string() }).exactOptional(),
    renamedAt: z.string().exactOptional(),
    offboardedAt: z.string().exactOptional(),
  }),
  versions: z.array(
    z.strictObject({
      version: z.string().min(1),
      pin: secret,
      createdAt: z.string(),
      lastRotated: z.string().exactOptional(),
    }),
  ),
  states: z.strictObject({ pending: state, current: state, previous: state, provided: state }),
}) satisfies z.ZodType<PinRecordBackup>;

/** Is printed, and may come from anybody who knows the public key: nothing of it is to steer a terminal. */
const printed = z.string().transform((text) => text.replaceAll(/\p{C}+/gu, ' '));

const fileSchema = z.object({
  format: z.literal(FORMAT),
  formatVersion: z.literal(FORMAT_VERSION),
  madeAt: z.iso.datetime(),
  store: printed,
  records: z.array(backupSchema),
  notBackedUp: z.array(z.object({ phoneNumberId: printed, why: printed })),
});

/** What a backup holds. */
export interface PinBackup {
  /** ISO 8601 in UTC. */
  madeAt: string;
  /** Name of the PIN store that it was made of. */
  store: string;
  records: PinRecordBackup[];
  /** Records that could not be read, and why. */
  notBackedUp: { phoneNumberId: string; why: string }[];
}

/** The backup cannot be opened or read. */
export class BackupFileError extends OnboardingClientError {
  override readonly name = 'BackupFileError';
}

/**
 * What encrypts to these recipients.
 *
 * @param recipients public keys of age
 * @throws InvalidInputError for what is none; a secret key in its place is not repeated
 */
export function encrypterFor(recipients: readonly string[]): Encrypter {
  const encrypter = new Encrypter();
  for (const recipient of recipients) {
    if (/^AGE-SECRET-KEY-/i.test(recipient)) {
      throw new InvalidInputError(
        '--recipient got a secret key, which belongs on no command line: give the public key that begins with age1, and make a new pair, since shells keep what was typed.',
      );
    }
    try {
      encrypter.addRecipient(recipient);
    } catch {
      throw new InvalidInputError(
        '--recipient must be a public key of age that begins with age1; "npx wa-onboard pin keygen" makes a pair.',
      );
    }
  }
  return encrypter;
}

/** @param armored as text that survives mail and copying, a third larger */
export async function encryptBackup(
  backup: PinBackup,
  encrypter: Encrypter,
  armored: boolean,
): Promise<Uint8Array | string> {
  const { records, ...about } = backup;
  const document = {
    ...{ format: FORMAT, formatVersion: FORMAT_VERSION, ...about },
    records: records.map((record) => ({
      ...record,
      versions: record.versions.map((version) => ({ ...version, pin: version.pin.reveal() })),
    })),
  };
  const encrypted = await encrypter.encrypt(JSON.stringify(document));
  return armored ? armor.encode(encrypted) : encrypted;
}

/**
 * @param identities secret keys of age, tried in turn
 * @throws BackupFileError
 */
export async function decryptBackup(
  content: Uint8Array,
  identities: readonly string[],
): Promise<PinBackup> {
  const text = await decrypted(content, identities);
  const { format: _f, formatVersion: _v, ...backup } = parsed(text);
  return backup;
}

const ARMORED = '-----BEGIN AGE ENCRYPTED FILE-----';

async function decrypted(content: Uint8Array, identities: readonly string[]): Promise<string> {
  const decrypter = new Decrypter();
  for (const identity of identities) {
    try {
      decrypter.addIdentity(identity);
    } catch {
      throw new BackupFileError(
        'The key file holds a line that looks like a secret key of age and is none: give the key file as it was made.',
      );
    }
  }
  try {
    const text = Buffer.from(content.subarray(0, 100)).toString('latin1').trimStart();
    const binary = text.startsWith(ARMORED)
      ? armor.decode(Buffer.from(content).toString('latin1'))
      : content;
    return await decrypter.decrypt(binary, 'text');
  } catch (error) {
    // The errors of age may quote what they could not read, so none is passed on.
    const otherKey = error instanceof Error && error.message.includes('no identity matched');
    throw new BackupFileError(
      otherKey
        ? 'The backup was not made for this key: give the key file of one of its recipients with --identity.'
        : 'The backup cannot be opened: it is damaged, or no file that "npx wa-onboard pin export" made.',
    );
  }
}

function parsed(text: string): z.output<typeof fileSchema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BackupFileError('The backup opens, but holds no PIN records.');
  }
  const version = z.looseObject({ formatVersion: z.number() }).safeParse(value).data?.formatVersion;
  if (version !== undefined && version > FORMAT_VERSION) {
    throw new BackupFileError(
      `The backup is of format ${version}, which a later version of this package writes: use that one to restore it.`,
    );
  }
  const file = fileSchema.safeParse(value);
  if (file.success) return file.data;
  throw new BackupFileError(
    `The backup opens, but is not as "npx wa-onboard pin export" writes it (${file.error.issues[0]?.path.join('.') ?? 'unknown'}).`,
  );
}

/** The secret keys in the text of a key file, as `age-keygen` and `pin keygen` write it. @throws InvalidInputError */
export function identitiesIn(text: string, file: string): string[] {
  const identities = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line.startsWith('AGE-SECRET-KEY-'));
  if (identities.length > 0) return identities;
  throw new InvalidInputError(
    text.includes(ARMORED) || text.startsWith('age-encryption.org/')
      ? `${file} is itself encrypted: decrypt it first, such as with age --decrypt, and give the key file that comes out.`
      : `${file} holds no secret key of age: give the key file that age-keygen or "npx wa-onboard pin keygen" made.`,
  );
}

/** A new pair of keys, as the text of a key file. */
export async function newKeyFile(now: Date): Promise<{ text: string; recipient: string }> {
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  return {
    recipient,
    text: `# created: ${now.toISOString()}\n# public key: ${recipient}\n${identity}\n`,
  };
}
