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
import { type AboutNumber, PinStoreRefusedError, type PinVersionState } from './pin-store.js';

/**
 * One PIN record as one secret. Each PIN is a version of the secret, which AWS never changes; its states are staging
 * labels. What changes (about the number, and when each PIN became current) is a version of its own under `ABOUT`.
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
}

const LABEL_OF_STATE: Readonly<Record<PinVersionState, string>> = {
  current: 'AWSCURRENT',
  pending: 'AWSPENDING',
  previous: 'AWSPREVIOUS',
  provided: 'PROVIDED',
};

const ABOUT_LABEL = 'ABOUT';

const valueSchema = z.union([
  z.object({ pin: z.string(), createdAt: z.string() }),
  z.object({
    about: z.object({
      displayPhoneNumber: z.string().exactOptional(),
      wabaId: z.string().exactOptional(),
      label: z.string().exactOptional(),
    }),
    lastRotated: z.record(z.string(), z.string()),
  }),
]);
type VersionValue = z.output<typeof valueSchema>;

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
  const used = new Set(
    [...Object.values(LABEL_OF_STATE), ABOUT_LABEL].map((label) => labels.get(label)),
  );
  const values = new Map<string, VersionValue>();
  await Promise.all(
    [...used].map(async (version) => {
      const value = version === undefined ? undefined : await readValue(client, name, version);
      if (version !== undefined && value !== undefined) values.set(version, value);
    }),
  );
  const aboutVersion = labels.get(ABOUT_LABEL) ?? firstVersionOf(name);
  const found = values.get(aboutVersion);
  const { about, lastRotated } = found && 'about' in found ? found : { about: {}, lastRotated: {} };
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
    document: { phoneNumberId, about, versions, states },
    labels,
    about: { version: aboutVersion, lastRotated },
  };
}

function toPinVersion(
  version: string,
  { pin, createdAt }: { pin: string; createdAt: string },
  lastRotated: string | undefined,
): PinVersion {
  return { version, pin, createdAt, ...(lastRotated !== undefined && { lastRotated }) };
}

/** A PIN by its version id, also one that lost its label; undefined when the secret has no such PIN. */
export async function readPinVersion(
  client: SecretsManagerClient,
  secret: PinSecret,
  version: string,
): Promise<PinVersion | undefined> {
  const labelled = secret.document.versions.find((each) => each.version === version);
  if (labelled) return labelled;
  const value = await readValue(client, secret.name, version);
  if (value === undefined || !('pin' in value)) return undefined;
  return toPinVersion(version, value, secret.about.lastRotated[version]);
}

async function readValue(
  client: SecretsManagerClient,
  name: string,
  version: string,
): Promise<VersionValue | undefined> {
  const answer = await sentUnless(
    ['ResourceNotFoundException', 'InvalidParameterException', 'ValidationException'],
    'GetSecretValue',
    name,
    () => client.send(new GetSecretValueCommand({ SecretId: name, VersionId: version })),
  );
  if (answer === undefined) return undefined;
  const parsed = valueSchema.safeParse(parseJson(answer.SecretString ?? ''));
  if (parsed.success) return parsed.data;
  throw new PinStoreRefusedError(
    `Version ${version} of secret ${name} is not a PIN record: move its staging labels back to the version they were on.`,
  );
}

/** Creates the secret, without a PIN. False when there is one by now. */
export async function createPinSecret(
  client: SecretsManagerClient,
  name: string,
  phoneNumberId: string,
  about: AboutNumber,
): Promise<boolean> {
  const created = await sentUnless(['ResourceExistsException'], 'CreateSecret', name, () =>
    client.send(
      new CreateSecretCommand({
        Name: name,
        ClientRequestToken: firstVersionOf(name),
        SecretString: JSON.stringify({ about, lastRotated: {} } satisfies VersionValue),
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
 * @param lastRotated dates by version id; those of versions that lost their label are left out
 * @param promoted a version that is about to get a label
 */
export async function writeAbout(
  client: SecretsManagerClient,
  { name, about: { version }, labels }: PinSecret,
  about: AboutNumber,
  lastRotated: Readonly<Record<string, string>>,
  promoted?: string,
): Promise<boolean> {
  const labelled = new Set([...labels.values(), promoted]);
  const kept = Object.fromEntries(
    Object.entries(lastRotated).filter(([each]) => labelled.has(each)),
  );
  return putVersion(client, name, versionIdFor(name, 'about', version), ABOUT_LABEL, {
    about,
    lastRotated: kept,
  });
}

/** Writes a PIN as a new version under a label. False when the version id is taken. */
export function putPin(
  client: SecretsManagerClient,
  { name }: PinSecret,
  { version, pin, createdAt }: PinVersion,
  state: PinVersionState,
): Promise<boolean> {
  return putVersion(client, name, version, LABEL_OF_STATE[state], { pin, createdAt });
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

/**
 * Moves a state's label to a version, from the one that was read to have it, or takes it away when no version is given.
 * False when the label has moved meanwhile. With `AWSCURRENT`, AWS moves `AWSPREVIOUS` to the former current version.
 */
export async function moveLabel(
  client: SecretsManagerClient,
  { name, labels }: PinSecret,
  state: PinVersionState,
  version: string | undefined,
): Promise<boolean> {
  const label = LABEL_OF_STATE[state];
  const moved = await sentUnless(
    ['InvalidParameterException'],
    'UpdateSecretVersionStage',
    name,
    () =>
      client.send(
        new UpdateSecretVersionStageCommand({
          SecretId: name,
          VersionStage: label,
          MoveToVersionId: version,
          RemoveFromVersionId: labels.get(label),
        }),
      ),
  );
  return moved !== undefined;
}
