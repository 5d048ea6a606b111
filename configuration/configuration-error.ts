/** The configuration is not usable. The message is one sentence that says what to change; it never holds a value that may be secret. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}
