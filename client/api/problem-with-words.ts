import type { ProblemReport } from '../../workflows/messages.js';
import { NoCodeAwaitedError, NotParkedError, OnboardingEndedError } from '../errors.js';
import type { ApiClient } from './handlers/handler.js';
import { problemOf } from './problem-of.js';
import { ApiProblem } from './problems.js';

/**
 * A refusal of a message because of where the run stands, with what Meta said where that is why it stands there. Any other
 * error is given back as it is.
 */
export async function withMetasWords(
  client: Pick<ApiClient, 'status'>,
  error: unknown,
): Promise<unknown> {
  if (
    !(error instanceof OnboardingEndedError) &&
    !(error instanceof NoCodeAwaitedError) &&
    !(error instanceof NotParkedError)
  ) {
    return error;
  }
  const problem = problemOf(error);
  const report = await reportOf(client, error.phoneNumberId);
  if (report === undefined) return problem;
  const { text, code, subcode, fbtraceId } = report;
  return new ApiProblem(problem.kind, `${problem.detail} What was said: ${text}`, {
    ...problem.members,
    ...(code === undefined ? {} : { code }),
    ...(subcode === undefined ? {} : { subcode }),
    ...(fbtraceId === undefined ? {} : { fbtraceId }),
  });
}

async function reportOf(
  client: Pick<ApiClient, 'status'>,
  phoneNumberId: string,
): Promise<ProblemReport | undefined> {
  try {
    const { failure, progress } = await client.status(phoneNumberId);
    return failure?.details?.problem ?? progress?.problem;
  } catch {
    return undefined; // the refusal is told all the same
  }
}
