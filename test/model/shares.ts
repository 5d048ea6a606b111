/** How many cases run where in CI. */
export const CASES = {
  /** On virtual time, without a server. `npm run test:model -- --runs N` tries as many as wanted. */
  driven: 500,
  /** On a real Temporal server, in real time. */
  onServer: 20,
} as const;

/** Each kind of fault must have struck so often in a CI run. */
export const LEAST_HITS = 20;
/** The median case must have so many commands. */
export const LEAST_COMMANDS = 8;
/** The seed that CI uses. */
export const CI_SEED = 20_261_120;
