// The input for a code of an authenticator app, or a recovery code.
import type { ComponentProps } from 'react'
import { Field } from '../forms/Field.js'

type AppCodeFieldProps = Omit<ComponentProps<typeof Field>, 'label' | 'autoComplete'>

/** What is wrong with it before a request. */
export const codeProblem = (code: string): string | undefined => (code.trim() === '' ? 'Enter the code.' : undefined)

export const AppCodeField = (props: AppCodeFieldProps) => (
  <Field
    hint="6 digits. Without your app, use one of your recovery codes."
    {...props}
    label="Code"
    autoComplete="one-time-code"
    autoCapitalize="characters"
    autoCorrect="off"
    spellCheck={false}
  />
)
