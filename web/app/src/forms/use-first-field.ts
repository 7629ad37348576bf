// Focuses the first empty field of a form when its page appears.
import { type RefObject, useEffect } from 'react'

export function useFirstField(form: RefObject<HTMLFormElement | null>): void {
  useEffect(() => {
    const inputs = [...(form.current?.querySelectorAll<HTMLInputElement>('input:not([hidden])') ?? [])]
    inputs.find(({ value }) => value === '')?.focus({ preventScroll: true })
  }, [form])
}
