/** What a run says at its end is so. */
import type { OnboardingResult } from '../../../workflows/messages.js';
import { decoded } from '../driver/sandbox.js';
import { Violation } from '../driver/violation.js';
import type { InvariantRule } from './scene.js';

/** What a run says of a number it says by what it read a moment ago. */
const A_MOMENT_MS = 5 * 60_000;

export const endingsAreTrue: InvariantRule = (scene) => {
  const { phoneNumberId, meta, time, worldChanges } = scene;
  const number = () => meta.meta.number(phoneNumberId);
  const calm = () => !worldChanges.some((at) => at > time.now() - A_MOMENT_MS);
  return {
    onRunEnd(run, progress) {
      const { end } = run;
      if (end?.kind === 'completed') {
        const result = decoded(end.payload) as OnboardingResult;
        if (result.outcome === 'live' && calm() && !number().registered) {
          throw new Violation('ending', 'a run says the number is live, and it is not registered');
        }
        return;
      }
      if (end?.kind === 'terminated' || progress === undefined) return;
      const { undone = [], notUndone = [] } = progress.compensation ?? {};
      const registered = /deregistered|not registered/;
      if (calm() && number().registered && undone.some((said) => registered.test(said))) {
        throw new Violation(
          'ending',
          'a run says it undid its register, and the number is registered',
        );
      }
      const own = meta.requests.some(
        ({ attempt, endpoint, entry }) =>
          attempt?.runId === run.runId && endpoint === 'register' && entry?.executed,
      );
      const told = notUndone.some((said) => /still registered|left registered/.test(said));
      if (calm() && own && number().registered && !told) {
        throw new Violation(
          'ending',
          'a run that could not finish leaves the number registered, and does not say so',
        );
      }
    },
  };
};
