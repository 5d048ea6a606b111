/**
 * How a command in a second terminal finds the stack that `npm start` runs: a small file in the state folder. No secret.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ConfigurationError } from './configuration-error.js';

const keepFormer = z.number().int().positive().exactOptional();

const pinStoreSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('local'),
    dir: z.string().min(1),
    keyFile: z.string().exactOptional(),
    keepFormer,
  }),
  z.object({
    kind: z.literal('aws-secrets-manager'),
    prefix: z.string().exactOptional(),
    keepFormer,
  }),
  z.object({
    kind: z.literal('vault'),
    address: z.string().min(1),
    mount: z.string().exactOptional(),
    prefix: z.string().exactOptional(),
    namespace: z.string().exactOptional(),
    caFile: z.string().exactOptional(),
    keepFormer,
  }),
]);

const stackSchema = z.object({
  /** `host:port` of the Temporal that the stack's worker polls. */
  temporalAddress: z.string().min(1),
  namespace: z.string().min(1),
  /** Web UI of the embedded Temporal server. */
  uiUrl: z.string().optional(),
  /** Where the Graph API, or the simulator, is. */
  graphBaseUrl: z.string().min(1),
  /** Is `graphBaseUrl` the simulator? */
  simulator: z.boolean(),
  /** Where the stack's worker keeps PINs. What opens the store, a passphrase, a token or credentials, is not told. */
  pinStore: pinStoreSchema.optional(),
  /** Where the HTTP API and the console are served. */
  apiUrl: z.string().optional(),
  /** Process id of `npm start`. */
  pid: z.number().int().positive(),
});

/** What `npm start` says of itself. */
export type StackDescription = z.infer<typeof stackSchema>;

const pathIn = (stateDir: string) => join(stateDir, 'stack.json');

/** @returns undefined when no stack has left a description there
 *  @throws {@link ConfigurationError} when the file is there but is not one that this version writes */
export function readStackFile(stateDir: string): StackDescription | undefined {
  const path = pathIn(stateDir);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ConfigurationError(
      `${path} cannot be read; make it readable, or set TEMPORAL_ADDRESS.`,
    );
  }
  const parsed = stackSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new ConfigurationError(
    `${path} is not a stack description; remove it and run npm start again.`,
  );
}

/** Written whole or not at all, so that nobody reads half of it. */
export function writeStackFile(stateDir: string, stack: StackDescription): void {
  mkdirSync(stateDir, { recursive: true });
  const path = pathIn(stateDir);
  const draft = `${path}.${stack.pid}`;
  writeFileSync(draft, `${JSON.stringify(stackSchema.parse(stack), null, 2)}\n`);
  renameSync(draft, path);
}

export function removeStackFile(stateDir: string): void {
  rmSync(pathIn(stateDir), { force: true });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // refused by the schema
  }
}
