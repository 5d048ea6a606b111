import type { Caller } from './caller.js';
import { ApiProblem } from './problems.js';
import type { Scope } from './scopes.js';
import { SCOPES } from './scopes.js';

/** The token is good, and does not allow this. */
export function scopeMissing(scope: Scope): ApiProblem {
  return new ApiProblem(
    'scope-missing',
    `The token lacks the scope ${scope} (${SCOPES[scope]}): get one that has it.`,
    { missingScope: scope },
    {
      'www-authenticate': `Bearer realm="wa-onboard", error="insufficient_scope", scope="${scope}"`,
    },
  );
}

/** The token is good for other numbers than this one. */
export function outsideLimits({ labels, phoneNumberIds }: Caller): ApiProblem {
  const limits = [
    ...(phoneNumberIds === undefined ? [] : ['some numbers']),
    ...(labels === undefined ? [] : [`the labels ${labels.join(', ') || '(none)'}`]),
  ];
  return new ApiProblem(
    'outside-limits',
    `The token is limited to ${limits.join(' and ')}, and this is none of them: get one without that limit.`,
  );
}
