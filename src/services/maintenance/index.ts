// Maintenance: deleting rows that have expired.
export { createPurge } from './purge.js'
