// Loads these sections after the account. People can sign in and change it without them.
import { type ComponentType, lazy } from 'react'

const nothing: { default: ComponentType } = { default: () => null }

export const Beside = lazy(() =>
  import('./Beside.js').then(
    (part): { default: ComponentType } => ({ default: part.Beside }),
    () => nothing,
  ),
)
