// How long the client takes for a refresh. The service's grace period must be longer.

/** How long the client waits for a response, unless its option `timeout` says otherwise. */
export const CLIENT_TIMEOUT_MS = 10_000

/** The longest pause before the client sends a refresh again whose response was lost. */
export const REFRESH_RETRY_WITHIN_MS = 1000

/** Two tries and the pause between them. With a shorter grace period, a lost response signs users out. */
export const REFRESH_TAKES_SECONDS = (2 * CLIENT_TIMEOUT_MS + REFRESH_RETRY_WITHIN_MS) / 1000
