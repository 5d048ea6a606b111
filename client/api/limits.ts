/** How much one caller may ask of the API. Times are in milliseconds. */
export interface ApiLimits {
  /** Requests of one caller in a minute. @default 300 */
  requestsPerMinute: number;
  /** Codes that one caller submits for one number in a minute; one who does not hold it is not to use up the holder's. @default 10 */
  codesPerMinute: number;
  /**
   * Claims and releases of one number by one caller in a minute. @default 30
   *
   * Temporal takes 2,000 updates in a run's life, and each of these is one.
   */
  claimsPerMinute: number;
  /** PINs that one caller is shown in a minute. @default 10 */
  revealsPerMinute: number;
  /** Refused tokens and signatures from one address in a minute, after which none is looked at. @default 60 */
  refusedTokensPerMinute: number;
  /** Streams of events that one caller may have open. @default 20 */
  streamsPerCaller: number;
  /** Bytes. @default 16384 */
  bodyBytes: number;
  /** How long answering may take. @default 30 seconds */
  requestMs: number;
  /** How long the verdict on a code is waited for. @default 10 seconds */
  verdictMs: number;
  /** How long handling what Meta posts may take before Meta is told to send it again. @default 10 seconds */
  webhookMs: number;
  /** Bodies from Meta that are being received at a time: each may have 3 MB, and its sender is not known until it is there. @default 20 */
  webhookBodies: number;
  /** How often a stream without events says that it is still there. @default 15 seconds */
  heartbeatMs: number;
}

export const DEFAULT_LIMITS: ApiLimits = {
  requestsPerMinute: 300,
  codesPerMinute: 10,
  claimsPerMinute: 30,
  revealsPerMinute: 10,
  refusedTokensPerMinute: 60,
  streamsPerCaller: 20,
  bodyBytes: 16_384,
  requestMs: 30_000,
  verdictMs: 10_000,
  webhookMs: 10_000,
  webhookBodies: 20,
  heartbeatMs: 15_000,
};
