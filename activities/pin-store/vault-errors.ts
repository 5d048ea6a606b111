import { z } from 'zod';
import { PinStoreRefusedError, PinStoreUnreachableError } from './pin-store.js';

/** A request to Vault or OpenBao. */
export interface VaultCall {
  method: 'GET' | 'POST' | 'DELETE';
  /** Behind `/v1/`, as it is said, not encoded. */
  path: string;
  /** Ask for what is in the folder `path`. */
  list?: true;
  body?: object;
  /** What the request is about, for people: `read of PIN record …`. */
  what: string;
  /** What a policy must grant for it, for people: `"read" on secret/data/…`. */
  grant: string;
}

/** An answer that Vault gave: it did what was asked, or it is a refusal that depends on the request. */
export interface VaultAnswer {
  /** HTTP status: 200, 204, or 400 to 499 but for 412 and 429. */
  status: number;
  body: VaultBody;
}

const bodySchema = z.object({
  errors: z.array(z.string()).exactOptional(),
  data: z.unknown().optional(),
  auth: z.unknown().optional(),
});

export type VaultBody = z.output<typeof bodySchema>;

/** Reads an answer's body from what `JSON.parse` gave; undefined when it is not one of Vault's. */
export function parseVaultBody(value: unknown): VaultBody | undefined {
  return bodySchema.safeParse(value).data;
}

/** Said of what Node and its TLS say when the two sides do not trust each other, which trying again does not change. */
const TLS_CURES: readonly { code: RegExp; cure: string }[] = [
  {
    code: /SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET)|CERT_(?:UNTRUSTED|SIGNATURE|REJECTED)|INVALID_CA/,
    cure: "its certificate is not signed by an authority that is trusted here; set VAULT_CACERT to the authority's PEM file",
  },
  {
    code: /ALTNAME_INVALID/,
    cure: 'its certificate is for another name; set VAULT_ADDR to a name that the certificate has',
  },
  {
    code: /CERT_(?:HAS_EXPIRED|NOT_YET_VALID)/,
    cure: 'its certificate is not valid today; renew it, or set the clock of this machine',
  },
  {
    code: /ERR_SSL|EPROTO|WRONG_VERSION_NUMBER/,
    cure: 'the two have no TLS in common; if it is served without, VAULT_ADDR begins with http://',
  },
];

/** The PIN store's error for a request that got no answer. Not the library's own error: that holds the request. */
export function noAnswer(
  what: string,
  address: string,
  error: unknown,
): PinStoreRefusedError | PinStoreUnreachableError {
  const reason = reasonOf(error);
  const tls = TLS_CURES.find(({ code }) => code.test(reason));
  if (tls)
    return new PinStoreRefusedError(`Vault at ${address}, ${what} (${reason}): ${tls.cure}.`);
  return new PinStoreUnreachableError(
    `Vault at ${address}, ${what}: no answer (${reason}); check the network and VAULT_ADDR, or try again later.`,
  );
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown reason';
  const { code, name }: { code?: unknown; name: string } = error;
  return typeof code === 'string' ? code : name;
}

/** An answer that something between here and Vault gave, or that no Vault gives. */
export function notVaults(what: string, address: string, status: number): PinStoreUnreachableError {
  return new PinStoreUnreachableError(
    `Vault at ${address}, ${what}: the answer (HTTP ${status}) is not Vault's; check VAULT_ADDR and what stands between, or try again later.`,
  );
}

/** What Go's HTTP server says, in plain text, to a request without TLS. */
const WANTS_TLS = /HTTP request to an HTTPS server/;

export function wantsTls(status: number, text: string): boolean {
  return status === 400 && WANTS_TLS.test(text);
}

export function tlsMissing(address: string): PinStoreRefusedError {
  return new PinStoreRefusedError(
    `Vault at ${address} is served with TLS: begin VAULT_ADDR with https://.`,
  );
}

const SEALED = /\bsealed\b/i;
const UPGRADING = /upgrading from non-versioned/i;

export function isSealed({ errors = [] }: VaultBody): boolean {
  return errors.some((text) => SEALED.test(text));
}

/**
 * The error for an answer that says Vault cannot at the moment; undefined for others. Vault's own texts are not passed on:
 * they may quote the request.
 */
export function passingError(
  what: string,
  status: number,
  body: VaultBody,
): PinStoreUnreachableError | undefined {
  const sentence = passingSentence(status, body);
  return sentence === undefined
    ? undefined
    : new PinStoreUnreachableError(`Vault, ${what}: ${sentence}.`);
}

function passingSentence(status: number, body: VaultBody): string | undefined {
  if (status === 429)
    return 'too many requests (HTTP 429); it may be tried again in a while, and a rate limit quota may be raised';
  if (status === 503 && isSealed(body)) {
    return 'it is sealed; whoever holds its unseal keys unseals it (bao operator unseal, vault operator unseal), and what waits for it goes on by itself';
  }
  if (status === 412 || status >= 500) {
    return `it cannot answer at the moment (HTTP ${status}); look at its log if that lasts, or try again later`;
  }
  if ((body.errors ?? []).some((text) => UPGRADING.test(text)))
    return 'its KV engine is being upgraded; try again in a moment';
  return undefined;
}

/** The error for an answer that refuses a request. */
export function refusal({ what, grant }: VaultCall, { status }: VaultAnswer): PinStoreRefusedError {
  const cure: Record<number, string> = {
    403: `permission denied; let a policy of this token grant ${grant}`,
    404: 'nothing answers there; check VAULT_KV_MOUNT, VAULT_NAMESPACE and VAULT_ADDR',
  };
  return new PinStoreRefusedError(
    `Vault, ${what}: ${cure[status] ?? `refused (HTTP ${status}); look at Vault's log for the reason`}.`,
  );
}
