// A choice among words.
import { useId } from 'react'

interface SelectProps {
  label: string
  name: string
  options: readonly (readonly [value: string, words: string])[]
}

export function Select({ label, name, options }: SelectProps) {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="control">
        <select id={id} name={name}>
          {options.map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
      </div>
    </div>
  )
}
