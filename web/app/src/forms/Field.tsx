// An input with its label, hint and problem.
import { type ReactNode, useId } from 'react'
import { Icon } from '../ui/Icon.js'
import { TextInput, type TextInputProps } from './TextInput.js'

interface FieldProps extends TextInputProps {
  label: string
  problem?: ReactNode
  /** Below the field while nothing is wrong. */
  hint?: ReactNode
  /** Inside the field, at its end. */
  after?: ReactNode
  /** Below everything, such as suggestions. */
  children?: ReactNode
}

/** Label, hint and problem are associated with the input for screen readers. */
export function Field({ label, problem, hint, after, children, ...input }: FieldProps) {
  const id = useId()
  const described = [problem && `${id}-problem`, hint && !problem && `${id}-hint`].filter(Boolean).join(' ')
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className={`control${after ? ' control-with-after' : ''}`}>
        <TextInput
          {...input}
          id={id}
          aria-invalid={problem !== undefined}
          {...(described && { 'aria-describedby': described })}
        />
        {after}
      </div>
      {problem !== undefined && (
        <p className="status status-bad" id={`${id}-problem`}>
          <Icon name="alert" />
          <span>{problem}</span>
        </p>
      )}
      {hint && problem === undefined && (
        <div className="hint" id={`${id}-hint`}>
          {hint}
        </div>
      )}
      {children}
    </div>
  )
}
