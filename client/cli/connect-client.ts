import type { Configuration } from '../../configuration/configuration.js';
import { ConfigurationError } from '../../configuration/configuration-error.js';
import { readStackFile, type StackDescription } from '../../configuration/stack-file.js';
import { OnboardingClient } from '../onboarding-client.js';
import type { TemporalUi } from './ui-link.js';

/** What `npm start` says of itself, where it serves the Temporal that the commands use. */
export function stackInUse({ temporal, stateDir }: Configuration): StackDescription | undefined {
  return temporal.explicit ? undefined : readStackFile(stateDir);
}

/**
 * Where the commands look for Temporal: as configured, else where `npm start` says it runs, else the default address.
 *
 * @throws ConfigurationError when another namespace is set than the one that `npm start` serves
 */
export function temporalPlace(configuration: Configuration): TemporalUi {
  const { temporal } = configuration;
  const address = temporal.connectionOptions.address ?? 'localhost:7233';
  const stack = stackInUse(configuration);
  const uiUrl = configuration.temporalUiUrl ?? stack?.uiUrl;
  const ui = uiUrl === undefined ? {} : { uiUrl };
  if (stack === undefined) return { address, namespace: temporal.namespace, ...ui };
  if (temporal.explicitNamespace && temporal.namespace !== stack.namespace) {
    throw new ConfigurationError(
      `TEMPORAL_NAMESPACE is "${temporal.namespace}", but the npm start that runs here serves namespace "${stack.namespace}": unset it, restart npm start with it, or set TEMPORAL_ADDRESS to the Temporal that you mean.`,
    );
  }
  return { address: stack.temporalAddress, namespace: stack.namespace, ...ui };
}

/**
 * @param timeoutMs how long to wait for Temporal
 * @param place which Temporal. @default {@link temporalPlace}
 */
export async function connectClient(
  configuration: Configuration,
  timeoutMs: number,
  place: TemporalUi = temporalPlace(configuration),
): Promise<{ client: OnboardingClient; place: TemporalUi }> {
  const { tls, apiKey, metadata } = configuration.temporal.connectionOptions;
  const client = await OnboardingClient.connect({
    ...(tls === undefined ? {} : { tls }),
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(metadata === undefined ? {} : { metadata }),
    address: place.address,
    namespace: place.namespace,
    connectTimeout: timeoutMs,
  });
  return { client, place };
}
