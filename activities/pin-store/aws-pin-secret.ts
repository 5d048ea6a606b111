import { createHash } from 'node:crypto';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { z } from 'zod';
import { sentUnless } from './aws-errors.js';
import {
  PIN_VERSION_STATES,
  type PinDocument,
  type PinVersion,
  parseJson,
} from './pin-document.js';
import { aboutSchema, notesSchema } from './pin-notes.js';
import {
  type AboutNumber,
  type PinNotes,
  PinStoreRefusedError,
  type PinVersionState,
} from './pin-store.js';

/**
 * One PIN record as one secret. Each PIN is a version of the secret, which AWS never changes; its states are staging
 * labels. What changes (about the number, notes, and when each PIN became current) is a version of its own under `ABOUT`.
 *
 * AWS labels the first version of a secret `AWSCURRENT`, whatever was asked. So a secret is created with an `ABOUT`
 * document as that version, which counts as no PIN; the first PIN can then be pending.
 *
 * Two processes at once: the id of a new version is computed from the version it follows. Both then ask for the same id,
 * and AWS gives it to one and answers the other ResourceExistsException, after which that one reads again.
 */
export interface PinSecret {
  name: string;
  document: PinDocument;
  /** Version ids by staging label. */
  labels: ReadonlyMap<string, string>;
  about: AboutVersion;
}

interface AboutVersion {
  version: string;
  /** Instants at which versions became current, by version id. */
  lastRotated: Readonly<Record<string, string>>;
  /** Digest of the backup that is being restored: the record is not whole while it is there. */
  restoring?: string;
}

const LABEL_OF_STATE: Readonly<Record<PinVersionState, string>> = {
  current: 'AWSCURRENT',
  pending: 'AWSPENDING',
  previous: 'AWSPREVIOUS',
  provided: 'PROVIDED',
};

const ABOUT_LABEL = 'ABOUT';

/** Where versions are written that no state names. AWS would label them `AWSCURRENT` if they had no label at all. */
const FORMER_LABEL = 'FORMER';

/** How many dates of former PINs are kept: AWS keeps no more versions than that. */
const DATES_KEPT = 100;

const valueSchema = z.union([
  z.object({ pin: z.string(), createdAt: z.string() }),
  z.object({
    about: aboutSchema,
    // Secrets that were written before there were notes have none.
    notes: notesSchema
      .extend({
        // Which version is stale. The label moves after this was written: until then the note holds, and no longer.
        staleVersion: z.string().exactOptional(),
      })
      .default({}),
    lastRotated: z.record(z.string(), z.string()),
    restoring: z.string().exactOptional(),
  }),
]);
type VersionValue = z.output<typeof valueSchema>;
type AboutValue = Extract<VersionValue, { about: unknown }>;
type WrittenNotes = AboutValue['notes'];

/** A version id, which AWS wants to be unique within the secret: the same for the same parts. */
export function versionIdFor(...parts: readonly string[]): string {
  const hex = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  return [8, 12, 16, 20, 32].map((end, i) => hex.slice([0, 8, 12, 16, 20][i], end)).join('-');
}

const firstVersionOf = (name: string): string => versionIdFor(name, 'first');

/** The secret as it is; undefined when there is none. One that is scheduled for deletion has no readable versions. */
export async function loadPinSecret(
  client: SecretsManagerClient,
  name: string,
  phoneNumberId: string,
): Promise<PinSecret | 'removed' | undefined> {
  const described = await sentUnless(['ResourceNotFoundException'], 'DescribeSecret', name, () =>
    client.send(new DescribeSecretCommand({ SecretId: name })),
  );
  if (described === undefined) return undefined;
  if (described.DeletedDate) return 'removed';
  return pinSecretOf(client, name, phoneNumberId, described.VersionIdsToStages ?? {});
}

/** The secret with the labels that AWS listed. */
export async function pinSecretOf(
  client: SecretsManagerClient,
  name: string,
  phoneNumberId: string,
  stages: Record<string, string[]>,
): Promise<PinSecret> {
  const labels = new Map<string, string>();
  for (const [version, names] of Object.entries(stages)) {
    for (const each of names) labels.set(each, version);
  }
  // The first version is about the number until there is a later one; then it may have lost its label.
  const aboutVersion = labels.get(ABOUT_LABEL) ?? firstVersionOf(name);
  const previous = labels.get(LABEL_OF_STATE.previous);
  const inUse = new Set([
    aboutVersion,
    ...(['current', 'pending', 'provided'] as const).map((state) => labels.get(labelOf(state))),
  ]);
  const values = new Map<string, VersionValue>();
  await Promise.all(
    [...new Set([...inUse, previous])].map(async (version) => {
      if (version === undefined) return;
      // AWS moves AWSPREVIOUS to what a person made current and took back: that is in nobody's way.
      const value = await readValue(client, name, version, inUse.has(version) ? 'refuse' : 'skip');
      if (value !== undefined) values.set(version, value);
    }),
  );
  const found = values.get(aboutVersion);
  const { about, notes, lastRotated, restoring } =
    found && 'about' in found ? found : { about: {}, notes: {}, lastRotated: {} };
  const isRotated = (version: string) =>
    version === labels.get('AWSCURRENT') || version === labels.get('AWSPREVIOUS');
  const versions: PinVersion[] = [];
  for (const [version, value] of values) {
    if ('pin' in value) {
      versions.push(
        toPinVersion(version, value, isRotated(version) ? lastRotated[version] : undefined),
      );
    }
  }
  const states: Partial<Record<PinVersionState, string>> = {};
  for (const { version } of versions) {
    for (const state of PIN_VERSION_STATES)
      if (labels.get(LABEL_OF_STATE[state]) === version) states[state] = version;
  }
  return {
    name,
    document: {
      phoneNumberId,
      about,
      notes: notesThatHold(notes, states.current),
      versions,
      states,
    },
    labels,
    about: { version: aboutVersion, lastRotated, ...(restoring !== undefined && { restoring }) },
  };
}

function notesThatHold(
  { staleVersion, stale, ...notes }: WrittenNotes,
  current: string | undefined,
): PinNotes {
  return stale !== undefined && staleVersion === current ? { ...notes, stale } : notes;
}

function toPinVersion(
  version: string,
  { pin, createdAt }: { pin: string; createdAt: string },
  lastRotated: string | undefined,
): PinVersion {
  return { version, pin, createdAt, ...(lastRotated !== undefined && { lastRotated }) };
}

/**
 * A PIN by its version id, also one that lost its label; undefined when the secret has no such PIN.
 *
 * @param whenOther what to do about a version that is not of a PIN record. @default refuse
 */
export async function readPinVersion(
  client: SecretsManagerClient,
  secret: PinSecret,
  version: string,
  whenOther?: 'refuse' | 'skip',
): Promise<PinVersion | undefined> {
  const labelled = secret.document.versions.find((each) => each.version === version);
  if (labelled) return labelled;
  const value = await readValue(client, secret.name, version, whenOther);
  if (value === undefined || !('pin' in value)) return undefined;
  return toPinVersion(version, value, secret.about.lastRotated[version]);
}

async function readValue(
  client: SecretsManagerClient,
  name: string,
  version: string,
  whenOther: 'refuse' | 'skip' = 'refuse',
): Promise<VersionValue | undefined> {
  const answer = await sentUnless(
    ['ResourceNotFoundException', 'InvalidParameterException', 'ValidationException'],
    'GetSecretValue',
    name,
    () => client.send(new GetSecretValueCommand({ SecretId: name, VersionId: version })),
  );
  if (answer === undefined) return undefined;
  const parsed = valueSchema.safeParse(parseJson(answer.SecretString ?? ''));
  if (parsed.success || whenOther === 'skip') return parsed.data;
  throw new PinStoreRefusedError(
    `Version ${version} of secret ${name} is not a PIN record: move its staging label back to the version it was on (aws secretsmanager update-secret-version-stage).`,
  );
}

/** What is written about a number. */
export interface WrittenAbout {
  about: AboutNumber;
  notes: PinNotes;
  lastRotated: Readonly<Record<string, string>>;
  restoring?: string | undefined;
}

/** Creates the secret, without a PIN. False when there is one by now. */
export async function createPinSecret(
  client: SecretsManagerClient,
  name: string,
  phoneNumberId: string,
  written: WrittenAbout,
): Promise<boolean> {
  const created = await sentUnless(['ResourceExistsException'], 'CreateSecret', name, () =>
    client.send(
      new CreateSecretCommand({
        Name: name,
        ClientRequestToken: firstVersionOf(name),
        SecretString: JSON.stringify(aboutValue(written, undefined)),
        Description: 'Two-step-verification PIN of a WhatsApp Business number',
        Tags: [
          { Key: 'application', Value: 'whatsapp-number-onboarding' },
          { Key: 'phone-number-id', Value: phoneNumberId },
        ],
      }),
    ),
  );
  return created !== undefined;
}

/**
 * Writes the `ABOUT` version that follows the one read. False when another process wrote it first.
 *
 * @param changed what is not given stays as it is
 */
export async function writeAbout(
  client: SecretsManagerClient,
  { name, about: { version, lastRotated }, labels, document }: PinSecret,
  changed: Partial<WrittenAbout>,
): Promise<boolean> {
  const { about, notes } = document;
  const written = { about, notes, lastRotated, ...changed };
  const value = aboutValue(
    { ...written, lastRotated: datesKept(written.lastRotated, new Set(labels.values())) },
    document.states.current,
  );
  return putVersion(client, name, versionIdFor(name, 'about', version), ABOUT_LABEL, value);
}

function aboutValue(
  { about, notes, lastRotated, restoring }: WrittenAbout,
  current: string | undefined,
): AboutValue {
  return {
    about,
    notes: {
      ...notes,
      ...(notes.stale && current !== undefined && { staleVersion: current }),
    },
    lastRotated: { ...lastRotated },
    ...(restoring !== undefined && { restoring }),
  };
}

/** The dates of versions with a label, and the newest of the others. */
function datesKept(
  lastRotated: Readonly<Record<string, string>>,
  labelled: ReadonlySet<string>,
): Record<string, string> {
  const newestFirst = Object.entries(lastRotated).sort(([, a], [, b]) => b.localeCompare(a));
  const former = newestFirst.filter(([version]) => !labelled.has(version)).slice(0, DATES_KEPT);
  return Object.fromEntries([
    ...newestFirst.filter(([version]) => labelled.has(version)),
    ...former,
  ]);
}

/** Writes a PIN as a new version under the label of a state, or of none. False when the version id is taken. */
export function putPin(
  client: SecretsManagerClient,
  { name }: PinSecret,
  { version, pin, createdAt }: PinVersion,
  state: PinVersionState | 'former',
): Promise<boolean> {
  return putVersion(client, name, version, labelOf(state), { pin, createdAt });
}

async function putVersion(
  client: SecretsManagerClient,
  name: string,
  version: string,
  label: string,
  value: VersionValue,
): Promise<boolean> {
  const written = await sentUnless(['ResourceExistsException'], 'PutSecretValue', name, () =>
    client.send(
      new PutSecretValueCommand({
        SecretId: name,
        ClientRequestToken: version,
        SecretString: JSON.stringify(value),
        VersionStages: [label],
      }),
    ),
  );
  return written !== undefined;
}

const labelOf = (state: PinVersionState | 'former'): string =>
  state === 'former' ? FORMER_LABEL : LABEL_OF_STATE[state];

/** The version that has the label of a state, whatever it holds. */
export function labelledVersion(
  { labels }: PinSecret,
  state: PinVersionState | 'former',
): string | undefined {
  return labels.get(labelOf(state));
}

/**
 * Moves a state's label to a version, from the one that was read to have it, or takes it away when no version is given.
 * False when the label has moved meanwhile. With `AWSCURRENT`, AWS moves `AWSPREVIOUS` to the former current version.
 */
export async function moveLabel(
  client: SecretsManagerClient,
  secret: PinSecret,
  state: PinVersionState | 'former',
  version: string | undefined,
): Promise<boolean> {
  const moved = await sentUnless(
    ['InvalidParameterException'],
    'UpdateSecretVersionStage',
    secret.name,
    () =>
      client.send(
        new UpdateSecretVersionStageCommand({
          SecretId: secret.name,
          VersionStage: labelOf(state),
          MoveToVersionId: version,
          RemoveFromVersionId: labelledVersion(secret, state),
        }),
      ),
  );
  return moved !== undefined;
}
