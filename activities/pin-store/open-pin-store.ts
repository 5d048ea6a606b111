import type { Secret } from '../secret.js';
import { createLocalPinStore } from './local-pin-store.js';
import type { PinStore } from './pin-store.js';

/** Which PIN store to use, and where it is. */
export type PinStoreConfig =
  | {
      kind: 'local';
      dir: string;
      /** @default `key.txt` in the folder */
      keyFile?: string;
      passphrase?: Secret;
    }
  | {
      kind: 'aws-secrets-manager';
      /** What the secrets' names begin with. @default `whatsapp/2sv-pin/` */
      prefix?: string;
      /** @default as the AWS SDK finds it: `AWS_REGION` or the profile */
      region?: string;
      /** @default AWS's own for the region, or `AWS_ENDPOINT_URL` */
      endpoint?: string;
    };

/**
 * The PIN store a configuration asks for. AWS credentials come from where the AWS SDK finds them. Nothing is read or
 * written yet: {@link PinStore.check} tells whether the store answers.
 */
export async function openPinStore(config: PinStoreConfig): Promise<PinStore> {
  if (config.kind === 'local') return createLocalPinStore(config);
  // The AWS SDK takes a while to load, which users of another store need not wait for.
  const { connectAwsPinStore } = await import('./aws-pin-store.js');
  return connectAwsPinStore(config);
}
