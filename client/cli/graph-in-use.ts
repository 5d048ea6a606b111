import { createGraphClient, type GraphClient } from '../../activities/graph-api/graph-client.js';
import { Secret } from '../../activities/secret.js';
import type { Configuration } from '../../configuration/configuration.js';
import { ConfigurationError } from '../../configuration/configuration-error.js';
import { readStackFile } from '../../configuration/stack-file.js';
import { SIMULATOR_TOKEN } from '../../simulator/contract.js';

/**
 * The Graph API that the runs use: Meta's with the access token, without one the simulator of the `npm start` that runs here.
 *
 * @throws ConfigurationError where there is neither
 */
export function graphInUse({ graph, stateDir }: Configuration): GraphClient {
  const { version, accessToken, baseUrl } = graph;
  if (accessToken !== undefined) return createGraphClient({ baseUrl, version, accessToken });
  const stack = readStackFile(stateDir);
  if (stack?.simulator) {
    return createGraphClient({
      baseUrl: stack.graphBaseUrl,
      version,
      accessToken: new Secret(SIMULATOR_TOKEN),
    });
  }
  throw new ConfigurationError(
    'No access token is set: set CLOUD_API_ACCESS_TOKEN to ask Meta, or run npm start, which serves the simulator.',
  );
}
