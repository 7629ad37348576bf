// Revocations: recording them with the change that causes them, and delivering them to Redis.
export { createRelay } from './relay.js'
export { createRevocationService, type RevocationService } from './revocations.js'
