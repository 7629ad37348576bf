// The input for a code from a mail.
import type { ComponentProps } from 'react'
import { Field } from './Field.js'

type CodeFieldProps = Omit<ComponentProps<typeof Field>, 'label' | 'autoComplete' | 'inputMode'>

export const CodeField = (props: CodeFieldProps) => (
  <Field
    hint="8 digits, from the mail. They are valid for 10 minutes."
    {...props}
    label="Code"
    autoComplete="one-time-code"
    inputMode="numeric"
    autoCorrect="off"
    spellCheck={false}
  />
)
