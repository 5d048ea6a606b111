import type { GraphError } from './error-answers.js';

/** The one token that the simulator takes. */
export interface AccessToken {
  /** Why Meta refuses what a request carries, or undefined where the token is good. */
  problem(authorization: string | undefined): GraphError | undefined;
  revoke(): void;
  restore(): void;
}

export function accessToken(token: string): AccessToken {
  let revoked = false;
  return {
    problem(authorization) {
      const given = /^Bearer\s+(\S+)$/i.exec(authorization ?? '')?.[1];
      if (given === undefined) return { code: 104 };
      if (given !== token) {
        return { code: 190, message: 'Invalid OAuth access token - Cannot parse access token' };
      }
      if (!revoked) return undefined;
      return {
        code: 190,
        subcode: 467,
        message: 'Error validating access token: The session has been invalidated.',
      };
    },
    revoke() {
      revoked = true;
    },
    restore() {
      revoked = false;
    },
  };
}
