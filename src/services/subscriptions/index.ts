// Subscriptions: connections that follow an account as long as their session lasts.
export { createSubscriptionService, type SubscriptionService } from './subscriptions.js'
export type { CloseReason, EndedSession, Watch } from './watches.js'
