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

/** Opens it. `place` says for people where it is: its name, with the folder of a local one and the address of Vault. */
export async function openPinStoreInUse(
  configuration: Configuration,
): Promise<{ store: PinStore; place: string }> {
  const config = pinStoreInUse(configuration);
  const { openPinStore } = await import('../../activities/pin-store/open-pin-store.js');
  const store = await openPinStore(config);
  return { store, place: placeOf(config) };
}

function placeOf(config: PinStoreConfig): string {
  if (config.kind === 'local') return `${config.kind}, ${near(config.dir)}`;
  return config.kind === 'vault' ? `${config.kind}, ${config.address}` : config.kind;
}

/** A path as short as it can be said from here. */
function near(path: string): string {
  const short = relative(process.cwd(), path) || '.';
  return short.startsWith('..') ? path : short;
}
