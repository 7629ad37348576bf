// Factors: the second factor of an account, its codes, and how it is added, removed and replaced.
import type { FactorChanges } from './changes.js'
import type { FactorEnrollment } from './enrollment.js'

export { createFactorChanges, type FactorChanges } from './changes.js'
export { createFindCode, type FindCode, type RightCode, wrongCode } from './codes.js'
export { createFactorEnrollment, type FactorEnrollment } from './enrollment.js'
export { createRecoveryCodeMacs } from './recovery-codes.js'

export interface FactorServices {
  enrollment: FactorEnrollment
  changes: FactorChanges
}
