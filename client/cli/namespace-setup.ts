import type { Client } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../../workflows/messages.js';
import { OnboardingClientError } from '../errors.js';
import { GRPC, grpcCodeOf, temporalError } from '../temporal-errors.js';

/** Meta's limits count over 72 hours, and histories are where they are counted. */
export const LEAST_RETENTION_DAYS = 4;

/** Number of `INDEXED_VALUE_TYPE_KEYWORD` in Temporal's API. */
const KEYWORD = 2;

const NAMES = Object.values(SEARCH_ATTRIBUTES).map(({ name }) => name);

/** The server lets nobody create search attributes through its API, as Temporal Cloud does. */
export class SetupElsewhereError extends OnboardingClientError {
  override readonly name = 'SetupElsewhereError';

  constructor(namespace: string, options?: ErrorOptions) {
    super(
      `Temporal does not let this command create search attributes: create ${NAMES.join(' and ')} of type Keyword in the web UI (Temporal Cloud: the namespace's page, Edit), or with "tcld namespace search-attributes add --namespace ${namespace} ${NAMES.map((name) => `--search-attribute ${name}=Keyword`).join(' ')}".`,
      options,
    );
  }
}

/** A search attribute has the product's name and another type. */
export class SearchAttributeTypeError extends OnboardingClientError {
  override readonly name = 'SearchAttributeTypeError';

  constructor(
    readonly attribute: string,
    readonly namespace: string,
  ) {
    super(
      `Search attribute ${attribute} of namespace "${namespace}" is not of type Keyword: remove or rename it there, then run this again.`,
    );
  }
}

/**
 * Create the product's search attributes where they are missing. Repeating it changes nothing.
 *
 * @throws SetupElsewhereError, SearchAttributeTypeError
 */
export async function addSearchAttributes(
  temporal: Client,
): Promise<{ added: string[]; present: string[] }> {
  const { namespace } = temporal.options;
  const missing = await missingSearchAttributes(temporal);
  if (missing.length > 0) {
    try {
      await temporal.connection.operatorService.addSearchAttributes({
        namespace,
        searchAttributes: Object.fromEntries(missing.map((name) => [name, KEYWORD])),
      });
    } catch (error) {
      // Someone else ran setup at the same time: what is wanted is there.
      if (grpcCodeOf(error) !== GRPC.alreadyExists) throw setupError(error, temporal);
    }
  }
  return { added: missing, present: NAMES.filter((name) => !missing.includes(name)) };
}

/** @throws SetupElsewhereError, SearchAttributeTypeError */
export async function missingSearchAttributes(temporal: Client): Promise<string[]> {
  const { namespace } = temporal.options;
  try {
    const { customAttributes } = await temporal.connection.operatorService.listSearchAttributes({
      namespace,
    });
    const other = NAMES.find((name) => ![undefined, KEYWORD].includes(customAttributes[name]));
    if (other !== undefined) throw new SearchAttributeTypeError(other, namespace);
    return NAMES.filter((name) => customAttributes[name] === undefined);
  } catch (error) {
    throw setupError(error, temporal);
  }
}

/** How long the namespace keeps the histories of ended runs, in days. */
export async function retentionDays(temporal: Client): Promise<number> {
  const { namespace } = temporal.options;
  const { config } = await temporal.workflowService.describeNamespace({ namespace });
  return Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) / 86_400;
}

const NOT_ALLOWED: readonly (number | undefined)[] = [
  GRPC.permissionDenied,
  GRPC.unauthenticated,
  GRPC.unimplemented,
];

function setupError(error: unknown, temporal: Client): Error {
  const { namespace } = temporal.options;
  if (NOT_ALLOWED.includes(grpcCodeOf(error))) {
    return new SetupElsewhereError(namespace, { cause: error });
  }
  return temporalError(error, { address: 'the configured address', namespace });
}
