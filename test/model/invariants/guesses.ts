/** What Meta has refused is not sent again: no wrong PIN, no wrong code; and not too many codes. */
import { Violation } from '../driver/violation.js';
import type { SentRequest } from '../world/meta.js';
import { heardError, isInHistory } from './answers.js';
import { type InvariantRule, isoAt } from './scene.js';

/** After so many refused codes for one sent code, no more are tried until a new one is sent. */
const TRIES_PER_CODE = 5;

const WRONG_CODE = 136025;
const WRONG_PIN = 133005;

export const nothingRefusedIsSentAgain: InvariantRule = ({ meta, temporal, decisions }) => {
  /** Requests of the same run before this one, of which history knows how they ended. */
  const before = (request: SentRequest) =>
    meta.requests
      .slice(0, meta.requests.indexOf(request))
      .filter((each) => each.attempt?.runId === request.attempt?.runId)
      .filter((each) => isInHistory(temporal.runs, each));

  function pinIsNoRepeatedGuess(request: SentRequest): void {
    const refused = before(request).findLast(
      (each) =>
        each.endpoint === 'register' &&
        each.pin === request.pin &&
        heardError(each)?.code === WRONG_PIN,
    );
    const heardAt = refused?.endedAt ?? 0;
    if (refused !== undefined && !decisions.some((at) => at >= heardAt)) {
      throw new Violation('guess', `a PIN that Meta refused at ${isoAt(heardAt)} was sent again`);
    }
  }

  /** A new code may have been sent by these: the ones refused before count no more. */
  const mayHaveSent = ({ type, failureType }: { type: string; failureType?: string | undefined }) =>
    type === 'requestCode' && (failureType === undefined || failureType === 'RetryLater');

  function codeIsNoRepeatedGuess(request: SentRequest): void {
    const activities =
      temporal.runs.find(({ runId }) => runId === request.attempt?.runId)?.activities ?? [];
    const placeOf = (each: SentRequest) =>
      activities.findIndex(({ id }) => id === each.attempt?.activityId);
    const asked = activities.slice(0, placeOf(request)).findLastIndex(mayHaveSent);
    const refused = before(request)
      .filter((each) => placeOf(each) > asked)
      .filter((each) => each.endpoint === 'verifyCode' && heardError(each)?.code === WRONG_CODE);
    if (refused.some(({ code }) => code === request.code)) {
      throw new Violation('guess', 'a code that Meta had refused was sent again');
    }
    if (new Set(refused.map(({ code }) => code)).size >= TRIES_PER_CODE) {
      throw new Violation(
        'guess',
        `more than ${TRIES_PER_CODE} codes were tried for one sent code`,
      );
    }
  }

  return {
    onSend(request) {
      if (request.endpoint === 'register') pinIsNoRepeatedGuess(request);
      if (request.endpoint === 'verifyCode') codeIsNoRepeatedGuess(request);
    },
  };
};
