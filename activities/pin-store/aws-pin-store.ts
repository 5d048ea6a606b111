import {
  DeleteSecretCommand,
  ListSecretsCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { checkAccess } from './aws-access-check.js';
import { sent, sentUnless } from './aws-errors.js';
import {
  createPinSecret,
  loadPinSecret,
  moveLabel,
  type PinSecret,
  pinSecretOf,
  putPin,
  readPinVersion,
  versionIdFor,
  writeAbout,
} from './aws-pin-secret.js';
import {
  assertWhole,
  busy,
  restorePinSecret,
  scheduledForDeletion,
  wholeDocument,
} from './aws-whole-record.js';
import {
  annotateInDocument,
  assertExpected,
  assertPhoneNumberId,
  backUpOf,
  describeDocument,
  documentOf,
  findVersion,
  isPhoneNumberId,
  noSuchVersion,
  PIN_VERSION_STATES,
  type PinVersion,
  statesHiddenByCurrent,
  toPinRecord,
  toStagedPin,
  unusedPin,
} from './pin-document.js';
import { mergeAbout } from './pin-notes.js';
import {
  type AboutNumber,
  type PinDescription,
  type PinRecordPage,
  type PinStore,
  PinStoreRefusedError,
  type StagedPin,
} from './pin-store.js';
import { asListed, everyRecord, fewAtOnce, noSuchPage, pageSize } from './record-pages.js';

export interface AwsPinStoreOptions {
  client: SecretsManagerClient;
  /** What the secrets' names begin with. @default `whatsapp/2sv-pin/` */
  prefix?: string;
  clock?: () => Date;
}

const STORE = 'aws-secrets-manager';
const DEFAULT_PREFIX = 'whatsapp/2sv-pin/';

/** Days in which an operator can take back a removal: the longest that AWS allows. */
const RECOVERY_WINDOW_DAYS = 30;

/** How often a change is tried while other processes change the same record. */
const CHANGE_TRIES = 6;

/** How many records of a page are read at once, each with a few requests. */
const RECORDS_AT_ONCE = 10;

/** What tells this store's cursors from others. */
const CURSOR = 'aws-secrets-manager:';

/** Two attempts and the pause between them stay below the four seconds that an activity has. */
const CONNECTION_TIMEOUT_MS = 1_000;
const REQUEST_TIMEOUT_MS = 1_500;
const ATTEMPTS = 2;

/** The store with a client of its own, which takes its credentials from where the AWS SDK finds them. */
export function connectAwsPinStore(options: {
  prefix?: string;
  region?: string;
  endpoint?: string;
}): PinStore {
  const { prefix, region, endpoint } = options;
  const client = new SecretsManagerClient({
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
    maxAttempts: ATTEMPTS,
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      throwOnRequestTimeout: true,
    },
  });
  return createAwsPinStore({ client, ...(prefix !== undefined && { prefix }) });
}

/**
 * A PIN store in AWS Secrets Manager: one secret `<prefix><phoneNumberId>` per number. `AWSCURRENT`, `AWSPENDING` and
 * `AWSPREVIOUS` mean what they mean to every other user of Secrets Manager; `PROVIDED` is an operator's PIN.
 *
 * A version that lost its label can be read by its id for as long as AWS keeps it: the newest hundred versions.
 * Lists are AWS's own, which may show a change some seconds late; every other method reads what is there.
 * A removed record can be restored for 30 days, and until it is gone nothing can be staged under its name.
 *
 * @param options.client give it timeouts and few attempts, so that an activity outlives a call
 */
export function createAwsPinStore(options: AwsPinStoreOptions): PinStore {
  const { client, prefix = DEFAULT_PREFIX, clock = () => new Date() } = options;
  const now = () => clock().toISOString();
  const placeOf = (phoneNumberId: string) => ({ store: STORE, record: prefix + phoneNumberId });

  /** Applies a change to the secret as it is, created when missing, until no other process came between. */
  async function change(
    phoneNumberId: string,
    about: AboutNumber,
    apply: (secret: PinSecret) => Promise<PinVersion | undefined>,
  ): Promise<StagedPin> {
    const { record } = placeOf(phoneNumberId);
    assertPhoneNumberId(phoneNumberId);
    for (let tries = 0; tries < CHANGE_TRIES; tries += 1) {
      const secret = await loadPinSecret(client, record, phoneNumberId);
      if (secret === 'removed') throw scheduledForDeletion(record);
      if (secret === undefined) {
        await createPinSecret(client, record, phoneNumberId, { about, notes: {}, lastRotated: {} });
        continue;
      }
      assertWhole(secret);
      const merged = mergeAbout(secret.document.about, about);
      if (merged !== secret.document.about) {
        await writeAbout(client, secret, { about: merged });
        continue;
      }
      const version = await apply(secret);
      if (version) return toStagedPin(version, placeOf(phoneNumberId));
    }
    throw busy(record);
  }

  /**
   * Writes a PIN under a version id that follows from the version it is to replace, so that two processes that start
   * from the same version ask for the same id. Ids taken by versions without a label are passed over.
   *
   * A process that slept while another PIN became current can still take `AWSPENDING` from a PIN staged since. That PIN
   * keeps its version id, by which whoever staged it promotes it.
   */
  async function putFollowing(
    secret: PinSecret,
    state: 'pending' | 'provided',
    follows: string | undefined,
    pin: string,
  ): Promise<PinVersion | undefined> {
    const labelled = new Set(secret.labels.values());
    for (let count = 0; count < CHANGE_TRIES; count += 1) {
      const version = versionIdFor(secret.name, state, follows ?? 'none', String(count));
      if (labelled.has(version)) continue;
      const written: PinVersion = { version, pin, createdAt: now() };
      if (await putPin(client, secret, written, state)) return written;
      const reloaded = await load(secret.document.phoneNumberId);
      if (!reloaded || [...reloaded.labels.values()].includes(version)) return undefined;
    }
    return undefined;
  }

  async function load(phoneNumberId: string): Promise<PinSecret | undefined> {
    const secret = await loadInPart(phoneNumberId);
    if (secret) assertWhole(secret);
    return secret;
  }

  /** The secret, also while it is being restored. */
  async function loadInPart(phoneNumberId: string): Promise<PinSecret | undefined> {
    assertPhoneNumberId(phoneNumberId);
    const secret = await loadPinSecret(client, prefix + phoneNumberId, phoneNumberId);
    return secret === 'removed' ? undefined : secret;
  }

  /**
   * Takes the labels from versions that count as none because their PIN is the current one: they would count again once
   * another PIN is current. False when another process moved one meanwhile.
   */
  async function dropHiddenStates(secret: PinSecret): Promise<boolean> {
    for (const state of statesHiddenByCurrent(secret.document)) {
      if (!(await moveLabel(client, secret, state, undefined))) return false;
    }
    return true;
  }

  /** A secret without any PIN is one whose first PIN was not written: no record yet. */
  function describeSecret({ document }: PinSecret): PinDescription | undefined {
    if (document.versions.length === 0) return undefined;
    return describeDocument(document, placeOf(document.phoneNumberId));
  }

  async function page(cursor?: string, limit?: number): Promise<PinRecordPage> {
    const answer = await sent('ListSecrets', `${prefix}*`, () =>
      client.send(
        new ListSecretsCommand({
          Filters: [{ Key: 'name', Values: [prefix] }],
          MaxResults: pageSize(limit),
          NextToken: cursor === undefined ? undefined : tokenIn(cursor),
        }),
      ),
    );
    const records = await fewAtOnce(
      answer.SecretList ?? [],
      RECORDS_AT_ONCE,
      async ({ Name = '', DeletedDate, SecretVersionsToStages = {} }) => {
        const phoneNumberId = Name.startsWith(prefix) ? Name.slice(prefix.length) : '';
        if (!isPhoneNumberId(phoneNumberId) || DeletedDate) return undefined;
        return asListed({ phoneNumberId, ...placeOf(phoneNumberId) }, async () => {
          const secret = await pinSecretOf(client, Name, phoneNumberId, SecretVersionsToStages);
          assertWhole(secret);
          return describeSecret(secret);
        });
      },
    );
    const { NextToken } = answer;
    return { records, ...(NextToken && { next: cursorOf(NextToken) }) };
  }

  return {
    name: STORE,

    stage: (phoneNumberId, about, newPin) =>
      change(phoneNumberId, about, async (secret) => {
        const pending = findVersion(secret.document, 'pending');
        if (pending) return pending;
        const used = new Set(secret.document.versions.map(({ pin }) => pin));
        return putFollowing(
          secret,
          'pending',
          secret.labels.get('AWSCURRENT'),
          unusedPin(newPin, used),
        );
      }),

    async read(phoneNumberId, version) {
      const secret = await load(phoneNumberId);
      const isState = PIN_VERSION_STATES.some((state) => state === version);
      const found =
        secret &&
        (isState
          ? findVersion(secret.document, version)
          : await readPinVersion(client, secret, version));
      if (!found) throw noSuchVersion(prefix + phoneNumberId, version);
      return toPinRecord(phoneNumberId, found);
    },

    async promote(phoneNumberId, version, expected) {
      for (let tries = 0; tries < CHANGE_TRIES; tries += 1) {
        const secret = await load(phoneNumberId);
        const chosen = secret && (await readPinVersion(client, secret, version));
        if (!secret || !chosen) throw noSuchVersion(prefix + phoneNumberId, version);
        if (secret.labels.get('AWSCURRENT') === version) {
          return toStagedPin(chosen, placeOf(phoneNumberId));
        }
        assertExpected(secret.name, expected, secret.document.states.current);
        if (!(await dropHiddenStates(secret))) continue;
        // The date goes first: a crash before the label moves leaves a date that nothing shows.
        const lastRotated = now();
        const dates = { ...secret.about.lastRotated, [version]: lastRotated };
        const { offboardedAt: _over, ...notes } = secret.document.notes;
        if (!(await writeAbout(client, secret, { lastRotated: dates, notes }))) continue;
        if (!(await moveLabel(client, secret, 'current', version))) continue;
        return toStagedPin({ ...chosen, lastRotated }, placeOf(phoneNumberId));
      }
      throw busy(prefix + phoneNumberId);
    },

    async annotate(phoneNumberId, given) {
      for (let tries = 0; tries < CHANGE_TRIES; tries += 1) {
        const secret = await load(phoneNumberId);
        if (!secret || !describeSecret(secret)) return undefined;
        const document = annotateInDocument(secret.document, given);
        const { about, notes } = document;
        if (document === secret.document || (await writeAbout(client, secret, { about, notes }))) {
          return describeSecret({ ...secret, document });
        }
      }
      throw busy(prefix + phoneNumberId);
    },

    provide: (phoneNumberId, pin, about = {}) =>
      change(phoneNumberId, about, async (secret) => {
        const { document, labels } = secret;
        const provided = labels.get('PROVIDED');
        const same = document.versions.filter((each) => each.pin === pin.reveal());
        const known = same.find(({ version }) => version === provided) ?? same[0];
        if (known && known.version === provided) return known;
        if (known)
          return (await moveLabel(client, secret, 'provided', known.version)) ? known : undefined;
        return putFollowing(secret, 'provided', provided, pin.reveal());
      }),

    async describe(phoneNumberId) {
      const secret = await load(phoneNumberId);
      return secret && describeSecret(secret);
    },

    list: () => everyRecord(page),

    page,

    async backUp(phoneNumberId) {
      const secret = await load(phoneNumberId);
      if (!secret || !describeSecret(secret)) return undefined;
      return backUpOf(await wholeDocument(client, secret));
    },

    restore: async (backup) =>
      restorePinSecret(client, placeOf(backup.phoneNumberId).record, documentOf(backup)),

    async remove(phoneNumberId) {
      const secret = await loadInPart(phoneNumberId);
      if (!secret) return;
      const deleted = await sentUnless(
        ['ResourceNotFoundException', 'InvalidRequestException'],
        'DeleteSecret',
        secret.name,
        () =>
          client.send(
            new DeleteSecretCommand({
              SecretId: secret.name,
              RecoveryWindowInDays: RECOVERY_WINDOW_DAYS,
            }),
          ),
      );
      // Another process may have removed it first; a secret that is still there was refused.
      if (deleted === undefined && (await loadInPart(phoneNumberId))) {
        throw new PinStoreRefusedError(
          `AWS Secrets Manager does not delete secret ${secret.name}: remove its replicas and try again.`,
        );
      }
    },

    check: () => checkAccess(client, prefix),
  };
}

const cursorOf = (token: string) => Buffer.from(CURSOR + token).toString('base64url');

function tokenIn(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString();
  if (text.startsWith(CURSOR)) return text.slice(CURSOR.length);
  throw noSuchPage();
}
