// The event that shows whether a webhook works.

/** Sent only when someone asks for it. */
export const TEST_EVENT = 'webhook.test'
