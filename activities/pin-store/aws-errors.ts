import { PinStoreError, PinStoreRefusedError, PinStoreUnreachableError } from './pin-store.js';

/**
 * What a person does about a refusal, by the name of AWS's error. AWS's own text is added only where it names a permission
 * or a key; the texts of other errors may quote the request.
 */
const REFUSALS: Readonly<Record<string, { cure: string; withText?: true }>> = {
  AccessDeniedException: {
    cure: 'allow this action to the credentials, on this secret and on its KMS key',
    withText: true,
  },
  DecryptionFailure: { cure: 'check that its KMS key exists and is enabled', withText: true },
  EncryptionFailure: { cure: 'check that its KMS key exists and is enabled', withText: true },
  InvalidRequestException: {
    cure: 'if the secret is scheduled for deletion, restore it (aws secretsmanager restore-secret) or wait until it is gone',
    withText: true,
  },
  InvalidNextTokenException: { cure: 'begin the list with its first page' },
  LimitExceededException: { cure: 'raise the quota of secrets or versions of this account' },
  UnrecognizedClientException: { cure: 'set AWS credentials that are valid' },
  InvalidClientTokenId: { cure: 'set AWS credentials that are valid' },
  InvalidSignatureException: {
    cure: 'check the AWS secret access key and the clock of this machine',
  },
  IncompleteSignature: { cure: 'check the AWS credentials' },
  MissingAuthenticationTokenException: { cure: 'set AWS credentials' },
  ExpiredTokenException: { cure: 'renew the AWS credentials' },
  CredentialsProviderError: { cure: 'set AWS credentials, such as AWS_PROFILE or a role' },
  TokenProviderError: { cure: 'sign in to AWS again (aws sso login)' },
};

const THROTTLED = /throttl|too ?many ?requests|request ?limit|slow ?down/i;
const REGION_MISSING = 'Region is missing';

/** The fields of the SDK's errors that are looked at. Network errors have none of them but `code`. */
interface AwsError extends Error {
  code?: unknown;
  $metadata?: { httpStatusCode?: number; requestId?: string };
}

/** Sends a request; throws the PIN store's errors. */
export async function sent<T>(
  action: string,
  secret: string,
  request: () => Promise<T>,
): Promise<T> {
  try {
    return await request();
  } catch (error) {
    throw awsError(error, action, secret);
  }
}

/**
 * Sends a request about one secret; undefined when AWS answers one of the errors named. Throws the PIN store's errors for the
 * others, and for an answer that does not name the secret, as AWS's answers do: it comes from something in between.
 */
export async function sentUnless<T extends { ARN?: string | undefined; Name?: string | undefined }>(
  errors: readonly string[],
  action: string,
  secret: string,
  request: () => Promise<T>,
): Promise<T | undefined> {
  try {
    const answer = await request();
    if (answer.ARN !== undefined || answer.Name !== undefined) return answer;
    throw new PinStoreUnreachableError(
      `AWS Secrets Manager, ${action} of ${secret}: the answer is not AWS's; check AWS_ENDPOINT_URL and what stands between, or try again later.`,
    );
  } catch (error) {
    if (error instanceof Error && errors.includes(error.name)) return undefined;
    throw awsError(error, action, secret);
  }
}

/**
 * The PIN store's error for what the AWS SDK threw. It has no `cause`: the SDK's errors hold the answer they came from.
 *
 * @param action the API action, such as `PutSecretValue`
 * @param secret name of the secret, or of what else the action was about
 */
function awsError(error: unknown, action: string, secret: string): unknown {
  if (!(error instanceof Error) || error instanceof PinStoreError) return error;
  const { code, $metadata }: AwsError = error;
  const what = `AWS Secrets Manager, ${action} of ${secret}`;
  if (error.message.includes(REGION_MISSING)) {
    return new PinStoreRefusedError('No AWS region is set: set AWS_REGION.');
  }
  const status = $metadata?.httpStatusCode;
  const request = $metadata?.requestId === undefined ? '' : `, request ${$metadata.requestId}`;
  const refusal = REFUSALS[error.name];
  if (refusal) {
    const text = refusal.withText ? ` (${error.message}${request})` : request;
    return new PinStoreRefusedError(`${what}: ${error.name}${text}; ${refusal.cure}.`);
  }
  const throttled = status === 429 || THROTTLED.test(error.name);
  if (status !== undefined && status >= 400 && status < 500 && !throttled) {
    return new PinStoreRefusedError(
      `${what}: ${error.name} (HTTP ${status}${request}); look it up in AWS's list of common errors.`,
    );
  }
  const reason = typeof code === 'string' ? code : error.name;
  return new PinStoreUnreachableError(
    throttled
      ? `${what}: too many requests (${error.name}${request}); it may be tried again in a while.`
      : `${what}: no usable answer (${reason}${request}); check the network, AWS_REGION and AWS_ENDPOINT_URL, or try again later.`,
  );
}
