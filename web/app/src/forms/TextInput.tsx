// A text input whose value belongs to the document.
import { type InputHTMLAttributes, type RefObject, type SyntheticEvent, useLayoutEffect, useRef, useState } from 'react'

export interface TextInputProps extends Omit<InputHTMLAttributes<HTMLInputElement>, 'onChange' | 'value'> {
  name: string
  value: string
  /** Called with each new text, and again when an input method is done with it. */
  onValue: (value: string, isComposing: boolean) => void
  ref?: RefObject<HTMLInputElement | null>
}

/**
 * Some browsers and password managers fill in a value without an event. A controlled input would replace it at the next
 * render, so this one writes only a `value` that its owner has changed.
 */
export function TextInput({ value, onValue, ref, ...input }: TextInputProps) {
  const ownRef = useRef<HTMLInputElement>(null)
  const element = ref ?? ownRef
  const [initial] = useState(value)
  /** What the owner knows of. */
  const known = useRef({ text: value, isComposing: false })

  useLayoutEffect(() => {
    if (value === known.current.text) return
    known.current = { text: value, isComposing: false }
    if (element.current) element.current.value = value
  }, [value, element])

  function read({ currentTarget, nativeEvent, type }: SyntheticEvent<HTMLInputElement>): void {
    const text = currentTarget.value
    const isComposing = type !== 'compositionend' && (nativeEvent as InputEvent).isComposing === true
    if (text === known.current.text && isComposing === known.current.isComposing) return
    known.current = { text, isComposing }
    onValue(text, isComposing)
  }

  return (
    <input {...input} ref={element} defaultValue={initial} onInput={read} onChange={read} onCompositionEnd={read} />
  )
}
