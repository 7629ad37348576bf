// A password input that can show what was typed.
import { type ComponentProps, useState } from 'react'
import { Icon } from '../ui/Icon.js'
import { Field } from './Field.js'

type PasswordFieldProps = Omit<ComponentProps<typeof Field>, 'type' | 'after'>

export function PasswordField(props: PasswordFieldProps) {
  const [shown, setShown] = useState(false)
  return (
    <Field
      {...props}
      type={shown ? 'text' : 'password'}
      spellCheck={false}
      autoCapitalize="none"
      after={
        <button
          type="button"
          className="inside"
          aria-pressed={shown}
          aria-label={`Show ${props.label.toLowerCase()}`}
          onClick={() => setShown(!shown)}
        >
          <Icon name={shown ? 'hidden' : 'eye'} />
        </button>
      }
    />
  )
}
