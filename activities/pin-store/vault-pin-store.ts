import { randomUUID } from 'node:crypto';
import type { VaultAuth } from './open-pin-store.js';
import {
  annotateInDocument,
  assertPhoneNumberId,
  backUpOf,
  DEFAULT_KEEP_FORMER,
  type DocumentChange,
  describeDocument,
  documentOf,
  emptyPinDocument,
  findVersion,
  noSuchVersion,
  type PinDocument,
  promoteInDocument,
  provideInDocument,
  restoreInDocument,
  stageInDocument,
  toPinRecord,
  toStagedPin,
} from './pin-document.js';
import {
  type PinRecordPage,
  type PinStore,
  PinStoreUnreachableError,
  type StagedPin,
} from './pin-store.js';
import { asListed, everyRecord, fewAtOnce, pageOfIds } from './record-pages.js';
import { vaultLogin } from './vault-login.js';
import { vaultRecords } from './vault-records.js';
import { type VaultPlace, type VaultSend, vaultTransport } from './vault-transport.js';

export interface VaultPinStoreOptions {
  send: VaultSend;
  /** For messages. */
  address: string;
  auth: VaultAuth;
  /** Where the KV engine, version 2, is mounted. @default `secret` */
  mount?: string;
  /** What the records' paths in the mount begin with. @default `whatsapp/2sv-pin/` */
  prefix?: string;
  /** How many PINs without a state a record keeps, the newest ones. @default 10 */
  keepFormer?: number;
  clock?: () => Date;
}

const STORE = 'vault';
const DEFAULT_MOUNT = 'secret';
const DEFAULT_PREFIX = 'whatsapp/2sv-pin/';

/** How often a change is tried while other processes change the same record. */
const CHANGE_TRIES = 6;

/** How many records of a page are read at once. */
const RECORDS_AT_ONCE = 10;

/** The store with a client of its own. Nothing is sent yet. */
export function connectVaultPinStore(
  options: VaultPlace & Omit<VaultPinStoreOptions, 'send'>,
): PinStore {
  return createVaultPinStore({ ...options, send: vaultTransport(options) });
}

/**
 * A PIN store in a KV engine, version 2, of HashiCorp Vault or OpenBao: one document `<prefix><phoneNumberId>` per number. A
 * write names the version that it replaces, so that Vault refuses it when anybody, also a person, has written one meanwhile;
 * the change is then made to what they wrote.
 *
 * What somebody wrote there that is not a PIN record, and a version that somebody deleted, are refused and left as they are.
 * A removed record is gone with all its versions.
 */
export function createVaultPinStore(options: VaultPinStoreOptions): PinStore {
  const {
    send,
    address,
    auth,
    mount = DEFAULT_MOUNT,
    prefix = DEFAULT_PREFIX,
    keepFormer = DEFAULT_KEEP_FORMER,
    clock = () => new Date(),
  } = options;
  const records = vaultRecords({ request: vaultLogin(send, auth), address, mount, prefix });
  const now = () => clock().toISOString();
  const placeOf = (phoneNumberId: string) => ({
    store: STORE,
    record: records.nameOf(phoneNumberId),
  });
  const freshVersion = () => ({ version: randomUUID(), createdAt: now() });

  /**
   * Applies a change to the record as it is, until nobody came between.
   *
   * @param decide the document to write; the one it was given when there is nothing to change
   */
  async function change(
    phoneNumberId: string,
    decide: (document: PinDocument | undefined) => PinDocument | undefined,
  ): Promise<void> {
    assertPhoneNumberId(phoneNumberId);
    for (let tries = 0; tries < CHANGE_TRIES; tries += 1) {
      const { version, document } = await records.read(phoneNumberId, { toChange: true });
      const wanted = decide(document);
      if (wanted === undefined || wanted === document) return;
      if (await records.write(phoneNumberId, wanted, version)) return;
    }
    throw new PinStoreUnreachableError(
      `PIN record ${records.nameOf(phoneNumberId)} is being changed by other processes; try again in a moment.`,
    );
  }

  async function changeVersion(
    phoneNumberId: string,
    version: string,
    apply: (document: PinDocument) => DocumentChange | undefined,
  ): Promise<StagedPin> {
    let applied: DocumentChange | undefined;
    await change(phoneNumberId, (document) => {
      applied = apply(document ?? emptyPinDocument(phoneNumberId));
      return applied?.document;
    });
    if (applied === undefined) throw noSuchVersion(records.nameOf(phoneNumberId), version);
    return toStagedPin(applied.version, placeOf(phoneNumberId));
  }

  async function load(phoneNumberId: string): Promise<PinDocument | undefined> {
    assertPhoneNumberId(phoneNumberId);
    return (await records.read(phoneNumberId)).document;
  }

  const described = (document: PinDocument | undefined) =>
    document && describeDocument(document, placeOf(document.phoneNumberId));

  async function page(cursor?: string, limit?: number): Promise<PinRecordPage> {
    const { ids, ...rest } = pageOfIds(await records.phoneNumberIds(), cursor, limit);
    const found = await fewAtOnce(ids, RECORDS_AT_ONCE, (phoneNumberId) =>
      asListed({ phoneNumberId, ...placeOf(phoneNumberId) }, async () =>
        described(await load(phoneNumberId)),
      ),
    );
    return { records: found, ...rest };
  }

  return {
    name: STORE,

    stage: (phoneNumberId, about, newPin) =>
      changeVersion(phoneNumberId, 'pending', (document) =>
        stageInDocument(document, about, newPin, freshVersion()),
      ),

    async read(phoneNumberId, version) {
      const document = await load(phoneNumberId);
      const found = document && findVersion(document, version);
      if (!found) throw noSuchVersion(records.nameOf(phoneNumberId), version);
      return toPinRecord(phoneNumberId, found);
    },

    promote: (phoneNumberId, version, expected) =>
      changeVersion(phoneNumberId, version, (document) =>
        promoteInDocument(document, version, now(), {
          expected,
          keepFormer,
          record: records.nameOf(phoneNumberId),
        }),
      ),

    async annotate(phoneNumberId, notes) {
      let annotated: PinDocument | undefined;
      await change(phoneNumberId, (document) => {
        annotated = document && annotateInDocument(document, notes);
        return annotated;
      });
      return described(annotated);
    },

    provide: (phoneNumberId, pin, about = {}) =>
      changeVersion(phoneNumberId, 'provided', (document) =>
        provideInDocument(document, about, pin, freshVersion()),
      ),

    describe: async (phoneNumberId) => described(await load(phoneNumberId)),

    list: () => everyRecord(page),

    page,

    async backUp(phoneNumberId) {
      const document = await load(phoneNumberId);
      return document && backUpOf(document);
    },

    async restore(backup) {
      let outcome: Awaited<ReturnType<PinStore['restore']>> = 'unchanged';
      await change(documentOf(backup).phoneNumberId, (document) => {
        const restored = restoreInDocument(document, backup);
        // An earlier try may have been written although its answer was lost.
        outcome =
          outcome === 'restored' && restored.outcome === 'unchanged' ? outcome : restored.outcome;
        return restored.document;
      });
      return outcome;
    },

    /**
     * Deletes what is there, whoever wrote it last: that is what an operator asks for. A change that was read before does not
     * bring the record back, since its write names a version that is gone.
     */
    async remove(phoneNumberId) {
      assertPhoneNumberId(phoneNumberId);
      await records.remove(phoneNumberId);
    },

    check: () => records.check(),
  };
}
