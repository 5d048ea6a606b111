import { existsSync } from 'node:fs';
import { type ClientConnectConfig, loadClientConnectConfig } from '@temporalio/envconfig';
import { ConfigurationError } from './configuration-error.js';

/** Which Temporal to talk to. */
export interface TemporalTarget {
  /** Someone named a Temporal, by address, profile or configuration file. Where not, `npm start` runs one of its own. */
  explicit: boolean;
  namespace: string;
  /** Was the namespace set by someone, by variable or profile? */
  explicitNamespace: boolean;
  /** For `Connection.connect` and `NativeConnection.connect`. Holds the API key and TLS keys in the clear: never print it. */
  connectionOptions: ClientConnectConfig['connectionOptions'];
}

const NAMES_A_TEMPORAL = ['TEMPORAL_ADDRESS', 'TEMPORAL_PROFILE', 'TEMPORAL_CONFIG_FILE'];

/**
 * A profile that Temporal's own configuration file has by default is not enough to make a target explicit: `npm start`
 * must not send a newcomer's first numbers to the cluster that some other tool of theirs is set up for.
 */
export function loadTemporalTarget(
  env: Record<string, string | undefined>,
  namespace: string,
  embeddedPort: number,
): TemporalTarget {
  const set = Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  if (!NAMES_A_TEMPORAL.some((name) => name in set)) {
    if ('TEMPORAL_API_KEY' in set) {
      throw new ConfigurationError(
        'TEMPORAL_API_KEY is set, but neither TEMPORAL_ADDRESS nor TEMPORAL_PROFILE says which Temporal it is for; set one of them.',
      );
    }
    return {
      explicit: false,
      namespace,
      explicitNamespace: 'TEMPORAL_NAMESPACE' in set,
      connectionOptions: { address: `127.0.0.1:${embeddedPort}` },
    };
  }
  const loaded = loadOrExplain(set);
  return {
    explicit: true,
    namespace: loaded.namespace ?? namespace,
    explicitNamespace: loaded.namespace !== undefined,
    connectionOptions: loaded.connectionOptions,
  };
}

function loadOrExplain(env: Record<string, string>): ClientConnectConfig {
  // The loader takes a file that is not there for an empty one.
  const file = env['TEMPORAL_CONFIG_FILE'];
  if (file !== undefined && !existsSync(file)) {
    throw new ConfigurationError(
      `TEMPORAL_CONFIG_FILE names ${file}, and no such file is there; correct it, or unset it.`,
    );
  }
  try {
    return loadClientConnectConfig({ overrideEnvVars: env });
  } catch (error) {
    // What a parser says of a file may quote its lines, and with them an API key.
    const { code } = error as NodeJS.ErrnoException;
    const profile = env['TEMPORAL_PROFILE'];
    throw new ConfigurationError(
      profile === undefined
        ? `The settings of the Temporal connection are not usable${code === undefined ? '' : ` (${code})`}; check TEMPORAL_CONFIG_FILE and the TEMPORAL_TLS_ variables.`
        : `The Temporal profile "${profile}" is not usable${code === undefined ? '' : ` (${code})`}; check TEMPORAL_PROFILE, Temporal's configuration file and the TEMPORAL_TLS_ variables.`,
    );
  }
}
