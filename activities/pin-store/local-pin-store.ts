import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Secret } from '../secret.js';
import {
  atPath,
  createDurably,
  ensureFolder,
  hasCode,
  namesIn,
  removeFile,
  removeStaleTemporaryFiles,
  syncFolder,
} from './durable-files.js';
import { type LocalKey, localKeyReader } from './local-key.js';
import {
  annotateInDocument,
  assertPhoneNumberId,
  backUpOf,
  DEFAULT_KEEP_FORMER,
  type DocumentChange,
  describeDocument,
  emptyPinDocument,
  findVersion,
  isPhoneNumberId,
  noSuchVersion,
  type PinDocument,
  parseJson,
  parsePinDocument,
  promoteInDocument,
  provideInDocument,
  restoreInDocument,
  stageInDocument,
  toPinRecord,
  toStagedPin,
} from './pin-document.js';
import {
  type AboutNumber,
  type PinRecordPage,
  type PinStore,
  PinStoreRefusedError,
} from './pin-store.js';
import { asListed, everyRecord, fewAtOnce, pageOfIds } from './record-pages.js';

export interface LocalPinStoreOptions {
  /** The store's folder; created when it is missing. It must be on a file system with hard links. */
  dir: string;
  /** @default `key.txt` in the folder; created when it is missing and the folder holds no records */
  keyFile?: string;
  /** Protects the key file; the records then open only with file and passphrase. */
  passphrase?: Secret;
  /** @default 18, which takes a second or two, once in a process */
  scryptWorkFactor?: number;
  /** How many PINs without a state a record keeps, the newest ones. @default 10 */
  keepFormer?: number;
  clock?: () => Date;
}

const STORE = 'local';
const DEFAULT_SCRYPT_WORK_FACTOR = 18;
const REVISION_FILE = /^([0-9]+)\.age$/;

/** What a revision file holds. A removal is a revision too, so that revision numbers only ever grow. */
type Revision = { number: number; document: PinDocument | undefined };

const REMOVED = { removed: true };

/** How many records of a page are read at once. */
const RECORDS_AT_ONCE = 20;

/**
 * A PIN store in a folder of files encrypted with age: `<dir>/<phoneNumberId>/<revision>.age`, each the whole record.
 *
 * There are no locks. A change reads the newest revision and creates the next one, which only one process can do; the
 * others read again and apply their change, which is idempotent, to what they find. Older revisions are removed once a
 * newer one is on the disk. So a crash at any moment leaves the record as it was before or after the change.
 */
export function createLocalPinStore(options: LocalPinStoreOptions): PinStore {
  const dir = resolve(options.dir);
  const { keepFormer = DEFAULT_KEEP_FORMER, clock = () => new Date() } = options;
  const folderOf = (phoneNumberId: string) => join(dir, phoneNumberId);
  const placeOf = (phoneNumberId: string) => ({ store: STORE, record: phoneNumberId });
  const openKey = localKeyReader(
    {
      keyFile: options.keyFile === undefined ? join(dir, 'key.txt') : resolve(options.keyFile),
      passphrase: options.passphrase,
      scryptWorkFactor: options.scryptWorkFactor ?? DEFAULT_SCRYPT_WORK_FACTOR,
    },
    holdsRecords,
  );

  async function holdsRecords(): Promise<boolean> {
    for (const phoneNumberId of await phoneNumberIds()) {
      if ((await revisionsOf(folderOf(phoneNumberId))).length > 0) return true;
    }
    return false;
  }

  /** Numbers with a folder. A folder may still be empty, or its record removed. */
  async function phoneNumberIds(): Promise<string[]> {
    return (await namesIn(dir)).filter((name) => isPhoneNumberId(name));
  }

  async function readNewest(key: LocalKey, phoneNumberId: string): Promise<Revision> {
    for (;;) {
      const [newest] = await revisionsOf(folderOf(phoneNumberId));
      if (newest === undefined) return { number: 0, document: undefined };
      const path = revisionPath(phoneNumberId, newest);
      try {
        return {
          number: newest,
          document: parseRevision(
            await key.decrypt(await readFile(path), path),
            path,
            phoneNumberId,
          ),
        };
      } catch (error) {
        // Another process made a newer revision and removed this one after we listed.
        if (!hasCode(error, 'ENOENT')) throw error;
      }
    }
  }

  function revisionPath(phoneNumberId: string, revision: number): string {
    return join(folderOf(phoneNumberId), `${revision}.age`);
  }

  /** Is this revision, just created, the newest? A process that slept may create one long after it was superseded. */
  async function isNewest(phoneNumberId: string, revision: number): Promise<boolean> {
    const [newest] = await revisionsOf(folderOf(phoneNumberId));
    return newest === revision;
  }

  async function removeOlder(phoneNumberId: string, revision: number): Promise<void> {
    for (const each of await revisionsOf(folderOf(phoneNumberId))) {
      if (each < revision) await removeFile(revisionPath(phoneNumberId, each));
    }
    await removeStaleTemporaryFiles(folderOf(phoneNumberId), clock());
  }

  /**
   * Applies a change until the newest revision shows it.
   *
   * @param decide the document to write; the one it was given when there is nothing to change
   */
  async function change(
    phoneNumberId: string,
    decide: (document: PinDocument | undefined) => PinDocument | undefined,
  ): Promise<void> {
    const key = await openKey();
    for (;;) {
      const found = await readNewest(key, phoneNumberId);
      const wanted = decide(found.document);
      if (wanted === found.document) {
        // Who wrote this revision may have died before the disk had it.
        if (found.number > 0) await syncFolder(folderOf(phoneNumberId));
        return removeOlder(phoneNumberId, found.number);
      }
      await ensureFolder(folderOf(phoneNumberId));
      const content = await key.encrypt(JSON.stringify(wanted ?? REMOVED));
      const next = found.number + 1;
      if (!(await createDurably(revisionPath(phoneNumberId, next), content))) continue;
      if (!(await isNewest(phoneNumberId, next))) continue;
      return removeOlder(phoneNumberId, next);
    }
  }

  async function changeVersion(
    phoneNumberId: string,
    apply: (document: PinDocument) => DocumentChange | undefined,
    version: string,
  ) {
    assertPhoneNumberId(phoneNumberId);
    return atPath(folderOf(phoneNumberId), async () => {
      let applied: DocumentChange | undefined;
      await change(phoneNumberId, (document) => {
        applied = apply(document ?? emptyPinDocument(phoneNumberId));
        return applied === undefined ? document : applied.document;
      });
      if (applied === undefined) throw noSuchVersion(phoneNumberId, version);
      return toStagedPin(applied.version, placeOf(phoneNumberId));
    });
  }

  const freshVersion = () => ({
    version: randomUUID(),
    createdAt: clock().toISOString(),
  });

  async function documentOf(phoneNumberId: string): Promise<PinDocument | undefined> {
    assertPhoneNumberId(phoneNumberId);
    return atPath(
      folderOf(phoneNumberId),
      async () => (await readNewest(await openKey(), phoneNumberId)).document,
    );
  }

  const described = (document: PinDocument | undefined) =>
    document && describeDocument(document, placeOf(document.phoneNumberId));

  async function page(cursor?: string, limit?: number): Promise<PinRecordPage> {
    return atPath(dir, async () => {
      const { ids, ...rest } = pageOfIds(await phoneNumberIds(), cursor, limit);
      if (ids.length === 0) return { records: [] };
      const key = await openKey();
      const records = await fewAtOnce(ids, RECORDS_AT_ONCE, (phoneNumberId) =>
        asListed({ phoneNumberId, ...placeOf(phoneNumberId) }, () =>
          atPath(folderOf(phoneNumberId), async () =>
            described((await readNewest(key, phoneNumberId)).document),
          ),
        ),
      );
      return { records, ...rest };
    });
  }

  return {
    name: STORE,

    stage: (phoneNumberId, about, newPin) =>
      changeVersion(
        phoneNumberId,
        (document) => stageInDocument(document, about, newPin, freshVersion()),
        'pending',
      ),

    async read(phoneNumberId, version) {
      const document = await documentOf(phoneNumberId);
      const found = document && findVersion(document, version);
      if (!found) throw noSuchVersion(phoneNumberId, version);
      return toPinRecord(phoneNumberId, found);
    },

    promote: (phoneNumberId, version, expected) =>
      changeVersion(
        phoneNumberId,
        (document) =>
          promoteInDocument(document, version, clock().toISOString(), { expected, keepFormer }),
        version,
      ),

    async annotate(phoneNumberId, notes) {
      assertPhoneNumberId(phoneNumberId);
      return atPath(folderOf(phoneNumberId), async () => {
        let annotated: PinDocument | undefined;
        await change(phoneNumberId, (document) => {
          annotated = document && annotateInDocument(document, notes);
          return annotated;
        });
        return described(annotated);
      });
    },

    provide: (phoneNumberId, pin, about: AboutNumber = {}) =>
      changeVersion(
        phoneNumberId,
        (document) => provideInDocument(document, about, pin, freshVersion()),
        'provided',
      ),

    async describe(phoneNumberId) {
      return described(await documentOf(phoneNumberId));
    },

    list: () => everyRecord(page),

    page,

    async backUp(phoneNumberId) {
      const document = await documentOf(phoneNumberId);
      return document && backUpOf(document);
    },

    async restore(backup) {
      const { phoneNumberId } = backup;
      assertPhoneNumberId(phoneNumberId);
      return atPath(folderOf(phoneNumberId), async () => {
        let restored: ReturnType<typeof restoreInDocument> | undefined;
        await change(phoneNumberId, (document) => {
          restored = restoreInDocument(document, backup);
          return restored.document;
        });
        return restored?.outcome ?? 'differs';
      });
    },

    async remove(phoneNumberId) {
      assertPhoneNumberId(phoneNumberId);
      await atPath(folderOf(phoneNumberId), () => change(phoneNumberId, () => undefined));
    },

    check: () =>
      atPath(dir, async () => {
        await ensureFolder(dir);
        const key = await openKey();
        const probe = join(dir, `.check-${randomUUID()}`);
        await createDurably(probe, await key.encrypt('check'));
        await removeFile(probe);
        await removeStaleTemporaryFiles(dir, clock());
        const [any] = await phoneNumberIds();
        if (any !== undefined) await readNewest(key, any);
      }),
  };
}

/** Revision numbers in a number's folder, newest first. */
async function revisionsOf(folder: string): Promise<number[]> {
  const revisions = (await namesIn(folder)).flatMap((name) => {
    const [, digits] = REVISION_FILE.exec(name) ?? [];
    return digits === undefined ? [] : [Number(digits)];
  });
  return revisions.sort((a, b) => b - a);
}

function parseRevision(text: string, path: string, phoneNumberId: string): PinDocument | undefined {
  const value = parseJson(text);
  if (typeof value === 'object' && value !== null && 'removed' in value) return undefined;
  const document = parsePinDocument(value);
  if (document?.phoneNumberId === phoneNumberId) return document;
  throw new PinStoreRefusedError(
    `The PIN store's file ${path} is not a PIN record of this number: restore it from a backup.`,
  );
}
