/**
 * Where PINs are kept, from the variables: `PIN_STORE…`, and Vault's own.
 */
import { resolve } from 'node:path';
import type { z } from 'zod';
import type { PinStoreConfig, VaultAuth } from '../activities/pin-store/open-pin-store.js';
import { ConfigurationError } from './configuration-error.js';
import type { Environment } from './dotenv-file.js';
import { given } from './given.js';
import { leavesItsFolder, type variables } from './variables.js';

type Values = z.output<typeof variables>;

/** @throws {@link ConfigurationError} where a Vault is asked for, and its variables do not go together */
export function pinStoreConfig(values: Values, cwd: string): PinStoreConfig {
  const keepFormer = values.PIN_STORE_KEEP_FORMER;
  switch (values.PIN_STORE) {
    case 'aws-secrets-manager':
      // Region, endpoint and credentials: the AWS SDK reads its own variables.
      return {
        kind: 'aws-secrets-manager',
        keepFormer,
        ...given({ prefix: values.PIN_STORE_PREFIX }),
      };
    case 'vault':
      return { ...vaultConfig(values, cwd), keepFormer };
    case 'local': {
      const keyFile = values.PIN_STORE_KEY_FILE;
      return {
        kind: 'local',
        dir: resolve(cwd, values.PIN_STORE_DIR),
        keepFormer,
        ...given({
          keyFile: keyFile === undefined ? undefined : resolve(cwd, keyFile),
          passphrase: values.PIN_STORE_PASSPHRASE,
        }),
      };
    }
  }
}

/** Does the environment say which store is meant? All other variables say more of a store that one of these has named. */
export function namesPinStore(set: Environment): boolean {
  return set['PIN_STORE'] !== undefined || set['PIN_STORE_DIR'] !== undefined;
}

function vaultConfig(values: Values, cwd: string): Extract<PinStoreConfig, { kind: 'vault' }> {
  const { VAULT_ADDR: address, VAULT_CACERT: caFile, PIN_STORE_PREFIX: prefix } = values;
  if (address === undefined) {
    throw new ConfigurationError(
      'PIN_STORE is vault, but VAULT_ADDR is not set; set it to where Vault or OpenBao is, such as https://vault.example.com:8200.',
    );
  }
  if (prefix !== undefined && (/^\/|\/\//.test(prefix) || leavesItsFolder(prefix))) {
    throw new ConfigurationError(
      'PIN_STORE_PREFIX must not begin with a slash for Vault, nor have two in a row or a part . or .. in it.',
    );
  }
  const auth = vaultAuth(values);
  if (auth === undefined) {
    throw new ConfigurationError(
      'PIN_STORE is vault, but nothing logs in to it; set VAULT_TOKEN, or VAULT_ROLE_ID and VAULT_SECRET_ID.',
    );
  }
  return {
    kind: 'vault',
    address,
    auth,
    ...given({
      mount: values.VAULT_KV_MOUNT,
      prefix,
      namespace: values.VAULT_NAMESPACE,
      caFile: caFile === undefined ? undefined : resolve(cwd, caFile),
    }),
  };
}

/** What logs in to Vault, where it is set, whichever store is asked for. */
export function vaultAuth({
  PIN_STORE: pinStore,
  VAULT_TOKEN: token,
  VAULT_ROLE_ID: roleId,
  VAULT_SECRET_ID: secretId,
  VAULT_APPROLE_MOUNT: mount,
}: Values): VaultAuth | undefined {
  const byRole =
    roleId === undefined || secretId === undefined
      ? undefined
      : { roleId, secretId, ...given({ mount }) };
  if (pinStore === 'vault') {
    if (token !== undefined && (roleId ?? secretId) !== undefined) {
      throw new ConfigurationError(
        'VAULT_TOKEN and an AppRole (VAULT_ROLE_ID, VAULT_SECRET_ID) are both set; unset the one that is not to log in to Vault.',
      );
    }
    if (byRole === undefined && (roleId ?? secretId) !== undefined) {
      const [set, missing] =
        roleId === undefined
          ? ['VAULT_SECRET_ID', 'VAULT_ROLE_ID']
          : ['VAULT_ROLE_ID', 'VAULT_SECRET_ID'];
      throw new ConfigurationError(
        `${set} is set, but ${missing} is not; set both to log in to Vault by AppRole.`,
      );
    }
  }
  return byRole ?? (token === undefined ? undefined : { token });
}
