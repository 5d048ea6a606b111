import { generatePin } from '../../activities/pin.js';
import { openPinStore, type PinStoreConfig } from '../../activities/pin-store/open-pin-store.js';
import type { PinStore } from '../../activities/pin-store/pin-store.js';
import { Secret } from '../../activities/secret.js';

/** What a racing process is told to do. */
export interface RacerTask {
  config: PinStoreConfig;
  /** The passphrase, or the token of a Vault: comes beside the configuration, as a secret does not survive being sent. */
  passphrase?: string;
  phoneNumberId: string;
  method: 'stage' | 'promote' | 'provide' | 'annotate' | 'restore' | 'remove';
  /** The version to promote, the PIN to provide, or as JSON the notes or the backup, whose PINs are plain. */
  argument?: string;
  /** What a promotion expects to be current. */
  expected?: { current: string | null };
}

export type RacerAnswer =
  | { version: string }
  | { annotated: boolean }
  | { outcome: string }
  | { removed: true }
  | { error: string };

const stores = new Map<string, Promise<PinStore>>();

function storeOf({ config, passphrase }: RacerTask): Promise<PinStore> {
  const name = JSON.stringify(config);
  const opened = stores.get(name) ?? openPinStore(withPassphrase(config, passphrase));
  stores.set(name, opened);
  return opened;
}

function withPassphrase(config: PinStoreConfig, passphrase: string | undefined): PinStoreConfig {
  if (passphrase === undefined) return config;
  const secret = new Secret(passphrase);
  if (config.kind === 'vault') return { ...config, auth: { token: secret } };
  return config.kind === 'local' ? { ...config, passphrase: secret } : config;
}

async function perform(task: RacerTask): Promise<RacerAnswer> {
  const { phoneNumberId, method, argument = '', expected } = task;
  const store = await storeOf(task);
  switch (method) {
    case 'stage':
      return store.stage(phoneNumberId, {}, generatePin);
    case 'promote':
      return store.promote(phoneNumberId, argument, expected);
    case 'provide':
      return store.provide(phoneNumberId, new Secret(argument));
    case 'annotate':
      return {
        annotated: (await store.annotate(phoneNumberId, JSON.parse(argument))) !== undefined,
      };
    case 'restore':
      return { outcome: await store.restore(JSON.parse(argument, withSecretPins)) };
    case 'remove':
      await store.remove(phoneNumberId);
      return { removed: true };
  }
}

const withSecretPins = (key: string, value: unknown): unknown =>
  key === 'pin' ? new Secret(String(value)) : value;

process.on('message', (task: RacerTask) => {
  const answer = (given: RacerAnswer) => process.send?.(given);
  perform(task).then(answer, (error: unknown) => answer({ error: String(error) }));
});
