import {
  ListSecretVersionIdsCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { sentUnless } from './aws-errors.js';
import {
  createPinSecret,
  labelledVersion,
  loadPinSecret,
  moveLabel,
  type PinSecret,
  putPin,
  readPinVersion,
  versionIdFor,
  writeAbout,
} from './aws-pin-secret.js';
import { isSameRecord, type PinDocument, type PinVersion } from './pin-document.js';
import {
  PinStoreRefusedError,
  PinStoreUnreachableError,
  type PinVersionState,
} from './pin-store.js';
import { fewAtOnce } from './record-pages.js';

/** How many versions are read at once. */
const VERSIONS_AT_ONCE = 10;

/** How often a record that is being restored is looked at: once a label and a few times for what others do meanwhile. */
const RESTORE_TRIES = 20;

/** The record with all PINs that AWS still has, whether they have a label or not. */
export async function wholeDocument(
  client: SecretsManagerClient,
  secret: PinSecret,
): Promise<PinDocument> {
  const { document } = secret;
  const labelled = new Set(document.versions.map(({ version }) => version));
  const others = (await versionIdsOf(client, secret.name)).filter((id) => !labelled.has(id));
  const former = await fewAtOnce(others, VERSIONS_AT_ONCE, (version) =>
    readPinVersion(client, secret, version, 'skip'),
  );
  return { ...document, versions: [...document.versions, ...former] };
}

/** The ids of all versions that AWS still has, those without a label included. */
async function versionIdsOf(client: SecretsManagerClient, name: string): Promise<string[]> {
  const ids: string[] = [];
  let page: string | undefined;
  do {
    const answer = await sentUnless(
      ['ResourceNotFoundException'],
      'ListSecretVersionIds',
      name,
      () =>
        client.send(
          new ListSecretVersionIdsCommand({
            SecretId: name,
            IncludeDeprecated: true,
            NextToken: page,
          }),
        ),
    );
    for (const { VersionId } of answer?.Versions ?? []) {
      if (VersionId !== undefined) ids.push(VersionId);
    }
    page = answer?.NextToken;
  } while (page !== undefined && page !== '');
  return ids;
}

/**
 * Makes the secret hold this record, where it holds none.
 *
 * A mark in its `ABOUT` version, written first and taken away last, says that the record is not whole yet; with it, a
 * restoration that died is completed by the next one of the same backup.
 */
export async function restorePinSecret(
  client: SecretsManagerClient,
  name: string,
  wanted: PinDocument,
): Promise<'restored' | 'unchanged' | 'differs'> {
  const { phoneNumberId, about, notes, states } = wanted;
  const restoring = digestOf(wanted);
  const written = { about, notes, lastRotated: datesOf(wanted) };
  for (let tries = 0; tries < RESTORE_TRIES; tries += 1) {
    const secret = await loadPinSecret(client, name, phoneNumberId);
    if (secret === 'removed') throw scheduledForDeletion(name);
    if (secret === undefined) {
      await createPinSecret(client, name, phoneNumberId, { ...written, restoring });
      continue;
    }
    const mark = secret.about.restoring;
    if (mark === undefined && secret.document.versions.length === 0) {
      await writeAbout(client, secret, { ...written, restoring });
      continue;
    }
    if (mark === undefined) {
      const held = await wholeDocument(client, secret);
      return isSameRecord(asKept(held), asKept(wanted)) ? 'unchanged' : 'differs';
    }
    if (mark !== restoring) return 'differs';
    if (!(await putMissing(client, secret, wanted))) continue;
    const next = nextLabel(secret, states);
    if (next) {
      await moveLabel(client, secret, next.state, next.version);
      continue;
    }
    if (await writeAbout(client, secret, written)) return 'restored';
  }
  throw busy(name);
}

/** Writes the PINs that the secret does not hold yet. False when it wrote any, so that the labels must be read again. */
async function putMissing(
  client: SecretsManagerClient,
  secret: PinSecret,
  { versions }: PinDocument,
): Promise<boolean> {
  const held = new Set(await versionIdsOf(client, secret.name));
  const missing = versions.filter(({ version }) => !held.has(version));
  for (const version of missing) await putPin(client, secret, version, 'former');
  return missing.length === 0;
}

/** The next label to move; undefined when all are where they belong. */
function nextLabel(
  secret: PinSecret,
  states: PinDocument['states'],
): { state: PinVersionState | 'former'; version: string | undefined } | undefined {
  const { current, previous } = states;
  const now = labelledVersion(secret, 'current');
  if (current !== undefined && now !== current) {
    // AWSPREVIOUS follows to where AWSCURRENT was, so the previous PIN gets it first.
    const version = previous === undefined || now === previous ? current : previous;
    return { state: 'current', version };
  }
  for (const state of ['previous', 'pending', 'provided'] as const) {
    const version = states[state];
    if (version !== undefined && labelledVersion(secret, state) !== version) {
      return { state, version };
    }
  }
  if (labelledVersion(secret, 'former') === undefined) return undefined;
  return { state: 'former', version: undefined };
}

/** Tells one backup from another of the same number, without what its PINs are. */
function digestOf({ versions, states }: PinDocument): string {
  const ids = versions.map(({ version, lastRotated = '' }) => `${version} ${lastRotated}`).sort();
  return versionIdFor('backup', ...ids, ...Object.entries(states).flat().sort());
}

function datesOf({ versions }: PinDocument): Record<string, string> {
  const dated = versions.flatMap(({ version, lastRotated }): [string, string][] =>
    lastRotated === undefined ? [] : [[version, lastRotated]],
  );
  return Object.fromEntries(dated);
}

/** The record as a secret keeps it: a PIN that waits to become current shows no date of a former time when it was. */
function asKept(document: PinDocument): PinDocument {
  const { current, previous, pending, provided } = document.states;
  const waits = ({ version }: PinVersion) =>
    (version === pending || version === provided) && version !== current && version !== previous;
  return {
    ...document,
    versions: document.versions.map((each) => {
      if (!waits(each)) return each;
      const { lastRotated, ...undated } = each;
      return undated;
    }),
  };
}

/** @throws PinStoreRefusedError when the secret is one whose restoration has not been completed */
export function assertWhole({ name, about }: PinSecret): void {
  if (about.restoring === undefined) return;
  throw new PinStoreRefusedError(
    `PIN record ${name} was restored in part only: repeat that restoration, or remove the record and restore it from another backup.`,
  );
}

export function scheduledForDeletion(record: string): PinStoreRefusedError {
  return new PinStoreRefusedError(
    `Secret ${record} is scheduled for deletion: restore it (aws secretsmanager restore-secret) or wait until it is gone.`,
  );
}

export function busy(record: string): PinStoreUnreachableError {
  return new PinStoreUnreachableError(
    `PIN record ${record} is being changed by other processes; try again in a moment.`,
  );
}
