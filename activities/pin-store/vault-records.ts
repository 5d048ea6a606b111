import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { isPhoneNumberId, type PinDocument, parsePinDocument } from './pin-document.js';
import { type PinStoreError, PinStoreRefusedError } from './pin-store.js';
import { notVaults, type VaultAnswer, type VaultCall } from './vault-errors.js';
import { granted, type VaultRequest } from './vault-login.js';

/** A PIN record as Vault has it. */
export interface VaultRecord {
  /** Vault's own count of the record's versions, which a write must name; 0 where there is none. */
  version: number;
  document?: PinDocument;
}

/** PIN records in a KV engine of version 2: one document per number, written whole. */
export interface VaultRecords {
  /** Name of a number's record for people: mount and path. */
  nameOf(phoneNumberId: string): string;
  /**
   * @param use `toChange` also refuses a version that Vault is to delete by itself, which may be read
   * @throws PinStoreRefusedError for a version that was deleted, or that is not a PIN record
   */
  read(phoneNumberId: string, use?: { toChange: true }): Promise<VaultRecord>;
  /** @returns false, and nothing is written, where `replaces` is not the record's version any more */
  write(phoneNumberId: string, document: PinDocument, replaces: number): Promise<boolean>;
  /** Deletes the record with all its versions. */
  remove(phoneNumberId: string): Promise<void>;
  phoneNumberIds(): Promise<string[]>;
  /** Does to a document of its own what the other methods do to records. */
  check(): Promise<void>;
}

const mountSchema = z.object({
  path: z.string(),
  type: z.string(),
  options: z.object({ version: z.string().optional() }).nullish(),
});
const versionSchema = z.object({
  version: z.number().int().positive(),
  deletion_time: z.string().default(''),
  destroyed: z.boolean().default(false),
});
const readSchema = z.object({ data: z.unknown(), metadata: versionSchema });
const listSchema = z.object({ keys: z.array(z.string()) });

/** What Vault says to a write that names another version than the newest. */
const CONFLICT = /check-and-set parameter did not match/;

/**
 * @param options.address for messages
 * @param options.mount where the KV engine is mounted
 * @param options.prefix what the records' paths in the mount begin with
 */
export function vaultRecords(options: {
  request: VaultRequest;
  address: string;
  mount: string;
  prefix: string;
}): VaultRecords {
  const { request, address, mount, prefix } = options;
  const nameOf = (key: string) => `${mount}/${prefix}${key}`;
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  const rest = prefix.slice(folder.length);
  let known: Promise<void> | undefined;

  /** The answer of a request, once it is known that the mount is one of KV version 2. */
  async function ask(call: VaultCall): Promise<VaultAnswer> {
    known ??= assertMount().catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    await known;
    return request(call);
  }

  /**
   * A KV engine of version 1 would take a write, and ignore which version it replaces. Vault's own command line asks the same
   * way, which every token may that has a grant on anything in the mount.
   */
  async function assertMount(): Promise<void> {
    const call: VaultCall = {
      method: 'GET',
      path: `sys/internal/ui/mounts/${mount}`,
      what: `look-up of the KV engine at ${mount}/`,
      grant: `anything in ${mount}/, and check VAULT_KV_MOUNT and VAULT_NAMESPACE, since there may be no engine`,
    };
    const answer = granted(call, await request(call));
    const found = mountSchema.safeParse(answer.body.data).data;
    if (found === undefined) throw notVaults(call.what, address, answer.status);
    if (!found.path.endsWith(`${mount}/`)) {
      throw new PinStoreRefusedError(
        `Vault has no engine mounted at ${mount}/: set VAULT_KV_MOUNT to where its KV engine of version 2 is.`,
      );
    }
    if (found.type === 'kv' && found.options?.version === '2') return;
    const kind =
      found.type === 'kv' ? 'a KV engine of version 1' : `an engine of type ${found.type}`;
    throw new PinStoreRefusedError(
      `Vault has ${kind} at ${mount}/, where PINs need KV version 2, which replaces no version unseen: upgrade it (bao kv enable-versioning ${mount}), or set VAULT_KV_MOUNT to another.`,
    );
  }

  const dataCall = (
    key: string,
    what: 'read' | 'write',
    body?: { options: { cas: number }; data: object },
  ): VaultCall => ({
    method: body ? 'POST' : 'GET',
    path: `${mount}/data/${prefix}${key}`,
    ...(body && { body }),
    what: `${what} of ${nameOf(key)}`,
    grant: `${body ? '"create" and "update"' : '"read"'} on ${mount}/data/${prefix}*`,
  });

  async function read(key: string, use?: { toChange: true }): Promise<VaultRecord> {
    const call = dataCall(key, 'read');
    const answer = await ask(call);
    if (answer.status === 404 && answer.body.errors?.length === 0) return { version: 0 };
    const found = readSchema.safeParse(answer.body.data).data;
    if (found === undefined) {
      granted(call, answer);
      throw notVaults(call.what, address, answer.status);
    }
    const { version, deletion_time: endsAt, destroyed } = found.metadata;
    if (answer.status === 404) throw deletedVersion(nameOf(key), command(key), version, destroyed);
    const document = parsePinDocument(found.data);
    if (document?.phoneNumberId !== key) throw noPinRecord(nameOf(key), command(key), version);
    if (use?.toChange && endsAt !== '') throw ending(nameOf(key), command(key), version, endsAt);
    return { version, document };
  }

  async function write(key: string, data: object, replaces: number): Promise<boolean> {
    const call = dataCall(key, 'write', { options: { cas: replaces }, data });
    const answer = await ask(call);
    const { errors = [] } = answer.body;
    if (answer.status === 400 && errors.some((text) => CONFLICT.test(text))) return false;
    granted(call, answer);
    const written = versionSchema.safeParse(answer.body.data).data;
    if (written?.version !== replaces + 1) throw notVaults(call.what, address, answer.status);
    if (written.deletion_time !== '') {
      throw ending(nameOf(key), command(key), written.version, written.deletion_time);
    }
    return true;
  }

  async function remove(key: string): Promise<void> {
    const call: VaultCall = {
      method: 'DELETE',
      path: `${mount}/metadata/${prefix}${key}`,
      what: `deletion of ${nameOf(key)}`,
      grant: `"delete" on ${mount}/metadata/${prefix}*`,
    };
    granted(call, await ask(call));
  }

  async function phoneNumberIds(): Promise<string[]> {
    const call: VaultCall = {
      method: 'GET',
      path: `${mount}/metadata/${folder}`,
      list: true,
      what: `list of ${nameOf('*')}`,
      grant: `"list" on ${mount}/metadata/${folder}`,
    };
    const answer = await ask(call);
    if (answer.status === 404 && answer.body.errors?.length === 0) return [];
    const listed = listSchema.safeParse(granted(call, answer).body.data).data;
    if (listed === undefined) throw notVaults(call.what, address, answer.status);
    return listed.keys
      .flatMap((key) => (key.startsWith(rest) ? [key.slice(rest.length)] : []))
      .filter(isPhoneNumberId);
  }

  /** How a person names a record to the `kv` commands of Vault and OpenBao. */
  const command = (key: string) => `-mount=${mount} ${prefix}${key}`;

  return {
    nameOf,
    read,
    write,
    remove,
    phoneNumberIds,

    async check() {
      const key = `access-check-${randomUUID()}`;
      // First what takes the document away again: a token that may not leaves none behind.
      await remove(key);
      await phoneNumberIds();
      try {
        // Making a record and replacing it are two permissions.
        await write(key, {}, 0);
        await write(key, {}, 1);
        const call = dataCall(key, 'read');
        granted(call, await ask(call));
      } finally {
        await remove(key);
      }
    },
  };
}

/** @param path the record as the `kv` commands take it */
function deletedVersion(
  record: string,
  path: string,
  version: number,
  destroyed: boolean,
): PinStoreError {
  const cure =
    destroyed && version > 1
      ? `bring an older one back (bao kv rollback -version=${version - 1} ${path}; the same with vault), or `
      : destroyed
        ? ''
        : `bring it back (bao kv undelete -versions=${version} ${path}; the same with vault), or `;
  return new PinStoreRefusedError(
    `Version ${version} of PIN record ${record} was ${destroyed ? 'destroyed' : 'deleted'} in Vault, and Meta may have its PINs: ${cure}remove the record for good (bao kv metadata delete ${path}).`,
  );
}

function noPinRecord(record: string, path: string, version: number): PinStoreError {
  const cure =
    version > 1
      ? `bring the former one back (bao kv rollback -version=${version - 1} ${path}; the same with vault)`
      : `remove it (bao kv metadata delete ${path}; the same with vault), if nobody needs it`;
  return new PinStoreRefusedError(
    `Version ${version} of PIN record ${record} is not one that this product wrote for that number, and it is left as it is: ${cure}.`,
  );
}

/** A PIN must not end by itself. */
function ending(record: string, path: string, version: number, endsAt: string): PinStoreError {
  return new PinStoreRefusedError(
    `Vault deletes version ${version} of PIN record ${record} by itself at ${endsAt}: set delete_version_after to 0s on the mount and the record, then keep the PINs (bao kv rollback -version=${version} ${path}).`,
  );
}
