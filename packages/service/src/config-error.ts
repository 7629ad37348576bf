// The error that stops the start when the configuration is invalid.

/** Its message lists every variable that is wrong, and never a value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}
