// Who has events.
/** How many users have events in the benchmarks of events. */
export const USERS = 2000
