import { relative } from 'node:path';
import type { PinStoreConfig } from '../../activities/pin-store/open-pin-store.js';
import type { PinStore } from '../../activities/pin-store/pin-store.js';
import type { Configuration } from '../../configuration/configuration.js';
import { stackInUse } from './connect-client.js';

/** The PIN store that the runs use: that of the `npm start` whose Temporal the commands use, else as configured. */
export function pinStoreInUse(configuration: Configuration): PinStoreConfig {
  const { pinStore } = configuration;
  const ofStack = stackInUse(configuration)?.pinStore;
  if (ofStack === undefined) return pinStore;
  // A passphrase is in no file: it comes from this command's own environment.
  return ofStack.kind === 'local' && pinStore.kind === 'local' && pinStore.passphrase !== undefined
    ? { ...ofStack, passphrase: pinStore.passphrase }
    : ofStack;
}

/** Opens it. `place` says for people where it is: its name, of a local one the folder too. */
export async function openPinStoreInUse(
  configuration: Configuration,
): Promise<{ store: PinStore; place: string }> {
  const config = pinStoreInUse(configuration);
  const { openPinStore } = await import('../../activities/pin-store/open-pin-store.js');
  const store = await openPinStore(config);
  return {
    store,
    place: config.kind === 'local' ? `${store.name}, ${near(config.dir)}` : store.name,
  };
}

/** A path as short as it can be said from here. */
function near(path: string): string {
  const short = relative(process.cwd(), path) || '.';
  return short.startsWith('..') ? path : short;
}
