import { ServiceError } from '@temporalio/client';
import { NamespaceNotFoundError } from '@temporalio/common';
import { expect, test } from 'vitest';
import {
  OnboardingNotFoundError,
  SearchAttributesMissingError,
  TemporalAccessError,
  TemporalNamespaceError,
  TemporalRequestError,
  TemporalUnreachableError,
} from '../../client/index.js';
import { temporalError } from '../../client/temporal-errors.js';

const PLACE = { address: 'temporal.example:7233', namespace: 'numbers' };

/** What gRPC throws, wrapped as the SDK wraps it. */
function sdkError(code: number, details: string): ServiceError {
  const cause = Object.assign(new Error(`${code}: ${details}`), { code, details, metadata: {} });
  return new ServiceError('Failed to do it', { cause });
}

test.each([
  [14, 'No connection established', TemporalUnreachableError],
  [1, 'Timeout expired', TemporalUnreachableError],
  [4, 'Deadline exceeded', TemporalUnreachableError],
  [16, 'Jwt is missing', TemporalAccessError],
  [7, 'Request unauthorized.', TemporalAccessError],
  [5, 'Namespace numbers is not found.', TemporalNamespaceError],
  [
    3,
    'Namespace numbers has no mapping defined for search attribute X',
    SearchAttributesMissingError,
  ],
  [3, 'Something else', TemporalRequestError],
  [8, 'Namespace rate limit exceeded', TemporalRequestError],
])('gRPC status %i "%s" becomes its own class', (code, details, expected) => {
  const error = temporalError(sdkError(code, details), PLACE);
  expect(error).toBeInstanceOf(expected);
  expect(error.cause).toBeInstanceOf(ServiceError);
});

test('the sentence names where Temporal was looked for, and what to set', () => {
  expect(temporalError(sdkError(14, ''), PLACE).message).toBe(
    'Temporal at temporal.example:7233 does not answer: start it with "npm start", or set TEMPORAL_ADDRESS to where it runs.',
  );
  expect(temporalError(new NamespaceNotFoundError('numbers'), PLACE).message).toContain(
    'set TEMPORAL_NAMESPACE',
  );
});

test('an error of this product passes unchanged, and anything else keeps its text', () => {
  const ours = new OnboardingNotFoundError('12345');
  expect(temporalError(ours, PLACE)).toBe(ours);
  expect(temporalError('odd', PLACE).message).toBe('Temporal could not do this: odd.');
});
