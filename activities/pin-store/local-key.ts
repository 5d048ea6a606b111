import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  armor,
  Decrypter,
  Encrypter,
  generateX25519Identity,
  identityToRecipient,
} from 'age-encryption';
import type { Secret } from '../secret.js';
import { createDurably, ensureFolder, hasCode } from './durable-files.js';
import { PinStoreRefusedError } from './pin-store.js';

/** Where the key of a local PIN store is. */
export interface LocalKeySource {
  keyFile: string;
  passphrase: Secret | undefined;
  /** Cost of guessing the passphrase of a new key file: scrypt takes 2 to this power rounds. */
  scryptWorkFactor: number;
}

/** Encrypts and decrypts the files of a local PIN store. */
export interface LocalKey {
  encrypt(text: string): Promise<Uint8Array>;
  /** @throws PinStoreRefusedError when the file is damaged or was encrypted with another key; names the file */
  decrypt(content: Uint8Array, file: string): Promise<string>;
}

const ARMORED = '-----BEGIN AGE ENCRYPTED FILE-----';
const BINARY = 'age-encryption.org/';
const IDENTITY = /^AGE-SECRET-KEY-1[0-9A-Z]+$/;
const NO_KEY_MATCHED = 'no identity matched';
const OPEN_TO_OTHERS = 0o077;

/**
 * Gives the key, read once and again only when the key file changed, since scrypt takes a second or two.
 *
 * A missing key file is created, but only while the store holds no records: with records, a new key would hide that the
 * one they need is lost.
 */
export function localKeyReader(
  source: LocalKeySource,
  holdsRecords: () => Promise<boolean>,
): () => Promise<LocalKey> {
  let known: { stamp: string; key: Promise<LocalKey> } | undefined;
  return async () => {
    const stamp = (await stampOf(source.keyFile)) ?? (await createKeyFile(source, holdsRecords));
    if (known?.stamp !== stamp) {
      const reading = { stamp, key: readKey(source) };
      known = reading;
      reading.key.catch(() => {
        if (known === reading) known = undefined;
      });
    }
    return known.key;
  };
}

/** What changes when the key file does; undefined when there is none. */
async function stampOf(keyFile: string): Promise<string | undefined> {
  try {
    const { mode, ino, size, mtimeMs } = await stat(keyFile);
    if ((mode & OPEN_TO_OTHERS) !== 0) {
      throw new PinStoreRefusedError(
        `Others on this machine can read the PIN store's key file ${keyFile}: run chmod 600 ${keyFile}, and make new PINs if someone may have read it.`,
      );
    }
    return `${ino} ${size} ${mtimeMs}`;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function createKeyFile(
  source: LocalKeySource,
  holdsRecords: () => Promise<boolean>,
): Promise<string> {
  const { keyFile } = source;
  const refusal = new PinStoreRefusedError(
    `The PIN store's key file ${keyFile} is missing, and the store holds records that only this key opens: restore the file from a backup, or set PIN_STORE_KEY_FILE to where it is.`,
  );
  if (await holdsRecords()) {
    // Another process may have made key and record since we looked.
    const stamp = await stampOf(keyFile);
    if (stamp === undefined) throw refusal;
    return stamp;
  }
  await ensureFolder(dirname(keyFile));
  await createDurably(keyFile, await newKeyText(source));
  const stamp = await stampOf(keyFile);
  if (stamp === undefined) throw refusal;
  return stamp;
}

async function newKeyText({ passphrase, scryptWorkFactor }: LocalKeySource): Promise<string> {
  const identity = await generateX25519Identity();
  const text = `# public key: ${await identityToRecipient(identity)}\n${identity}\n`;
  if (passphrase === undefined) return text;
  const encrypter = new Encrypter();
  encrypter.setScryptWorkFactor(scryptWorkFactor);
  encrypter.setPassphrase(passphrase.reveal());
  return armor.encode(await encrypter.encrypt(text));
}

async function readKey(source: LocalKeySource): Promise<LocalKey> {
  const { keyFile } = source;
  const text = await plainKeyText(source, await readFile(keyFile));
  // Several keys in one file are tried in turn and the first encrypts, so that a key can be replaced.
  const identities = text.split(/\s*\n/).filter((line) => IDENTITY.test(line));
  const [first] = identities;
  const key = first === undefined ? undefined : await makeKey(keyFile, first, identities);
  if (key) return key;
  throw new PinStoreRefusedError(
    `The PIN store's key file ${keyFile} holds no valid age key: restore it from a backup.`,
  );
}

async function plainKeyText(
  { keyFile, passphrase }: LocalKeySource,
  content: Buffer,
): Promise<string> {
  const text = content.toString('utf8');
  const armored = text.trimStart().startsWith(ARMORED);
  const encrypted = armored || text.startsWith(BINARY);
  if (!encrypted && passphrase === undefined) return text;
  if (!encrypted) {
    throw new PinStoreRefusedError(
      `A passphrase is set, but the PIN store's key file ${keyFile} is not protected by one: unset PIN_STORE_PASSPHRASE, or encrypt the file with it (age --passphrase --armor).`,
    );
  }
  if (passphrase === undefined) {
    throw new PinStoreRefusedError(
      `The PIN store's key file ${keyFile} is protected by a passphrase and none is set: set PIN_STORE_PASSPHRASE to the one it was made with.`,
    );
  }
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase.reveal());
  try {
    return await decrypter.decrypt(armored ? armor.decode(text) : content, 'text');
  } catch (error) {
    const reason = noKeyMatched(error)
      ? 'does not open with the passphrase in PIN_STORE_PASSPHRASE: set the one it was made with'
      : 'is damaged: restore it from a backup';
    throw new PinStoreRefusedError(`The PIN store's key file ${keyFile} ${reason}.`);
  }
}

/** Undefined when a line that looks like a key is none. */
async function makeKey(
  keyFile: string,
  first: string,
  identities: readonly string[],
): Promise<LocalKey | undefined> {
  const encrypter = new Encrypter();
  const decrypter = new Decrypter();
  try {
    encrypter.addRecipient(await identityToRecipient(first));
    for (const identity of identities) decrypter.addIdentity(identity);
  } catch {
    return undefined;
  }
  return {
    encrypt: (text) => encrypter.encrypt(text),
    async decrypt(content, file) {
      try {
        return await decrypter.decrypt(content, 'text');
      } catch (error) {
        const reason = noKeyMatched(error)
          ? `was encrypted with another key than the one in ${keyFile}: restore the key file it was written with`
          : 'is damaged: restore it from a backup';
        throw new PinStoreRefusedError(`The PIN store's file ${file} ${reason}.`);
      }
    },
  };
}

/** The errors of age may quote what they could not read, so they are looked at and never passed on. */
function noKeyMatched(error: unknown): boolean {
  return error instanceof Error && error.message.includes(NO_KEY_MATCHED);
}
