// How a released username is stored: RELEASED, or HELD by versions before migration 20261129120000_username_states.
import type { UsernameState } from '../../generated/prisma/enums.js'

/** A condition for Prisma. */
export const RELEASED: { in: UsernameState[] } = { in: ['RELEASED', 'HELD'] }

/** The same condition in SQL. */
export const IS_RELEASED = "state IN ('RELEASED', 'HELD')"
