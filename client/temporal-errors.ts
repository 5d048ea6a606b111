import { isGrpcServiceError } from '@temporalio/client';
import { NamespaceNotFoundError } from '@temporalio/common';
import {
  OnboardingClientError,
  SearchAttributesMissingError,
  TemporalAccessError,
  TemporalNamespaceError,
  TemporalRequestError,
  TemporalUnreachableError,
} from './errors.js';

/** gRPC status numbers, as the gRPC specification fixes them. */
export const GRPC = {
  /** What a `NativeConnection` answers when the deadline of a call has passed. */
  cancelled: 1,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  unimplemented: 12,
  unavailable: 14,
  unauthenticated: 16,
} as const;

export interface TemporalPlace {
  address: string;
  namespace: string;
}

/**
 * Whatever a call to Temporal threw, as an error of this product. Errors of this product pass unchanged.
 *
 * @param place where the call went, for the sentence
 */
export function temporalError(error: unknown, place: TemporalPlace): OnboardingClientError {
  if (error instanceof OnboardingClientError) return error;
  const because = { cause: error };
  for (const link of causes(error)) {
    if (link instanceof NamespaceNotFoundError) {
      return new TemporalNamespaceError(place.address, place.namespace, because);
    }
    if (!isGrpcServiceError(link)) continue;
    switch (link.code as number) {
      case GRPC.unavailable:
      case GRPC.deadlineExceeded:
      case GRPC.cancelled:
        return new TemporalUnreachableError(place.address, because);
      case GRPC.permissionDenied:
      case GRPC.unauthenticated:
        return new TemporalAccessError(place.address, place.namespace, because);
      case GRPC.notFound:
        if (/namespace/i.test(link.details)) {
          return new TemporalNamespaceError(place.address, place.namespace, because);
        }
        break;
      case GRPC.invalidArgument:
        if (/search attribute/i.test(link.details)) {
          return new SearchAttributesMissingError(place.namespace, because);
        }
        break;
    }
    return new TemporalRequestError(link.details, because);
  }
  if (!(error instanceof Error)) return new TemporalRequestError(String(error), because);
  if (/failed to connect before the deadline/i.test(error.message)) {
    return new TemporalUnreachableError(place.address, because);
  }
  return new TemporalRequestError(error.message, because);
}

/** The gRPC status number inside an error of the SDK, where there is one. */
export function grpcCodeOf(error: unknown): number | undefined {
  for (const link of causes(error)) if (isGrpcServiceError(link)) return link.code;
  return undefined;
}

function* causes(error: unknown): Generator<unknown> {
  let link = error;
  for (let depth = 0; link !== undefined && depth < 10; depth += 1) {
    yield link;
    link = link instanceof Error ? link.cause : undefined;
  }
}
