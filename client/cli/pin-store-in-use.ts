import { relative } from 'node:path';
import type { PinStoreConfig } from '../../activities/pin-store/open-pin-store.js';
import type { PinStore } from '../../activities/pin-store/pin-store.js';
import type { Configuration } from '../../configuration/configuration.js';
import { ConfigurationError } from '../../configuration/configuration-error.js';
import { stackInUse } from './connect-client.js';

/**
 * The PIN store that the runs use: that of the `npm start` whose Temporal the commands use, else as configured. What opens it,
 * a passphrase or what logs in to Vault, is in no file: it comes from this command's own environment.
 *
 * @throws ConfigurationError when nothing in the environment opens it
 */
export function pinStoreInUse(configuration: Configuration): PinStoreConfig {
  const { pinStore, vaultAuth } = configuration;
  const ofStack = stackInUse(configuration)?.pinStore;
  if (ofStack === undefined) return pinStore;
  if (ofStack.kind === 'vault') {
    if (vaultAuth !== undefined) return { ...ofStack, auth: vaultAuth };
    throw new ConfigurationError(
      'The npm start that runs here keeps PINs in Vault, and nothing logs in to it; set VAULT_TOKEN, or VAULT_ROLE_ID and VAULT_SECRET_ID.',
    );
  }
  return ofStack.kind === 'local' && pinStore.kind === 'local' && pinStore.passphrase !== undefined
    ? { ...ofStack, passphrase: pinStore.passphrase }
    : ofStack;
}

/**
 * The PIN store whose records are backed up or brought back. Whoever moves from one store to another means the one that is
 * named, whatever `npm start` uses.
 *
 * @throws ConfigurationError when nothing in the environment opens it
 */
export function pinStoreMeant(configuration: Configuration): PinStoreConfig {
  const { explicitPinStore, pinStore } = configuration;
  if (!explicitPinStore) return pinStoreInUse(configuration);
  const ofStack = stackInUse(configuration)?.pinStore;
  return ofStack !== undefined && samePlace(ofStack, pinStore)
    ? pinStoreInUse(configuration)
    : pinStore;
}

export interface OpenedPinStore {
  store: PinStore;
  /** Where it is, for people: its name, with the folder of a local one, the address of Vault and what else tells it apart. */
  place: string;
  /** What to say beside the answer: that it is another store than one would think. */
  remarks: string[];
}

/** Opens what {@link pinStoreInUse} tells. */
export function openPinStoreInUse(configuration: Configuration): Promise<OpenedPinStore> {
  const { explicitPinStore, pinStore } = configuration;
  const ofStack = stackInUse(configuration)?.pinStore;
  const isOther = explicitPinStore && ofStack !== undefined && !samePlace(ofStack, pinStore);
  return opened(
    pinStoreInUse(configuration),
    isOther
      ? [
          `The PIN store here is that of the npm start that runs (${placeOf(ofStack)}), whose numbers these are, and not the one that the environment names (${placeOf(pinStore)}).`,
        ]
      : [],
  );
}

/** Opens what {@link pinStoreMeant} tells. */
export function openPinStoreMeant(configuration: Configuration): Promise<OpenedPinStore> {
  const meant = pinStoreMeant(configuration);
  const ofStack = stackInUse(configuration)?.pinStore;
  return opened(
    meant,
    ofStack === undefined || samePlace(ofStack, meant)
      ? []
      : [
          `The PIN store here is the one that the environment names (${placeOf(meant)}); the npm start that runs uses another (${placeOf(ofStack)}).`,
        ],
  );
}

async function opened(config: PinStoreConfig, remarks: string[]): Promise<OpenedPinStore> {
  const { openPinStore } = await import('../../activities/pin-store/open-pin-store.js');
  const store = await openPinStore(config);
  return { store, place: placeOf(config), remarks };
}

/** What names a store, of those that `npm start` tells and those that are configured. */
type Place =
  | { kind: 'local'; dir: string }
  | { kind: 'aws-secrets-manager'; prefix?: string }
  | { kind: 'vault'; address: string; mount?: string; prefix?: string; namespace?: string };

/** Are these the same store? */
function samePlace(one: Place, other: Place): boolean {
  return JSON.stringify(partsOf(one)) === JSON.stringify(partsOf(other));
}

/** With the defaults of the stores, so that it makes no difference whether somebody wrote them out. */
function partsOf(place: Place): (string | undefined)[] {
  if (place.kind === 'local') return [place.kind, place.dir];
  const { kind, prefix = 'whatsapp/2sv-pin/' } = place;
  if (kind === 'aws-secrets-manager') return [kind, prefix];
  const { address, mount = 'secret', namespace } = place;
  return [kind, prefix, address, mount, namespace];
}

function placeOf(config: Place): string {
  if (config.kind === 'local') return `${config.kind}, ${near(config.dir)}`;
  const parts = [
    config.kind,
    ...(config.kind === 'vault' ? [config.address, config.namespace, config.mount] : []),
    config.prefix,
  ];
  return parts.filter((part) => part !== undefined).join(', ');
}

/** A path as short as it can be said from here. */
function near(path: string): string {
  const short = relative(process.cwd(), path) || '.';
  return short.startsWith('..') ? path : short;
}
