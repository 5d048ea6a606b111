import type { Secret } from '../secret.js';
import { createLocalPinStore } from './local-pin-store.js';
import type { PinStore } from './pin-store.js';

/** What logs in to Vault or OpenBao. */
export type VaultAuth =
  | { token: Secret }
  | {
      roleId: string;
      secretId: Secret;
      /** Where the AppRole method is mounted. @default `approle` */
      mount?: string;
    };

/** Which PIN store to use, and where it is. */
export type PinStoreConfig = {
  /**
   * How many PINs that have no state any more a record keeps, 1 to 90: the newest ones. Without effect on AWS, which keeps
   * the newest hundred versions of a secret.
   *
   * @default 10
   */
  keepFormer?: number;
} & (
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
    }
  | {
      kind: 'vault';
      /** Such as `https://vault.example.com:8200`, without a slash at its end. */
      address: string;
      /** Where the KV version 2 engine is mounted. @default `secret` */
      mount?: string;
      /** What the records' paths begin with. @default `whatsapp/2sv-pin/` */
      prefix?: string;
      namespace?: string;
      /** PEM file of the authorities that may have signed the server's certificate. @default those of Node */
      caFile?: string;
      auth: VaultAuth;
    }
);

/**
 * The PIN store a configuration asks for. AWS credentials come from where the AWS SDK finds them, those of Vault from the configuration. Nothing is read or
 * written yet: {@link PinStore.check} tells whether the store answers.
 */
export async function openPinStore(config: PinStoreConfig): Promise<PinStore> {
  // What talks to a server takes a while to load, which users of another store need not wait for.
  switch (config.kind) {
    case 'local':
      return createLocalPinStore(config);
    case 'aws-secrets-manager': {
      const { connectAwsPinStore } = await import('./aws-pin-store.js');
      return connectAwsPinStore(config);
    }
    case 'vault': {
      const { connectVaultPinStore } = await import('./vault-pin-store.js');
      return connectVaultPinStore(config);
    }
  }
}
