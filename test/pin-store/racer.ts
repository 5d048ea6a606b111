import { generatePin } from '../../activities/pin.js';
import { openPinStore, type PinStoreConfig } from '../../activities/pin-store/open-pin-store.js';
import type { PinStore } from '../../activities/pin-store/pin-store.js';
import { Secret } from '../../activities/secret.js';

/** What a racing process is told to do. */
export interface RacerTask {
  config: PinStoreConfig;
  /** Comes beside the configuration, as a secret does not survive being sent. */
  passphrase?: string;
  phoneNumberId: string;
  method: 'stage' | 'promote' | 'provide' | 'remove';
  /** The version to promote, or the PIN to provide. */
  argument?: string;
}

export type RacerAnswer = { version: string } | { removed: true } | { error: string };

const stores = new Map<string, Promise<PinStore>>();

function storeOf({ config, passphrase }: RacerTask): Promise<PinStore> {
  const name = JSON.stringify(config);
  const opened =
    stores.get(name) ??
    openPinStore(
      config.kind === 'local' && passphrase !== undefined
        ? { ...config, passphrase: new Secret(passphrase) }
        : config,
    );
  stores.set(name, opened);
  return opened;
}

async function perform(task: RacerTask): Promise<RacerAnswer> {
  const { phoneNumberId, method, argument = '' } = task;
  const store = await storeOf(task);
  switch (method) {
    case 'stage':
      return store.stage(phoneNumberId, {}, generatePin);
    case 'promote':
      return store.promote(phoneNumberId, argument);
    case 'provide':
      return store.provide(phoneNumberId, new Secret(argument));
    case 'remove':
      await store.remove(phoneNumberId);
      return { removed: true };
  }
}

process.on('message', (task: RacerTask) => {
  const answer = (given: RacerAnswer) => process.send?.(given);
  perform(task).then(answer, (error: unknown) => answer({ error: String(error) }));
});
