import type { PosternError } from '@postern/client'
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import { useAction } from '../state/use-action.js'
import { fieldProblems } from '../wording/problems.js'

export type Problems<Name extends string> = Partial<Record<Name, ReactNode>>

interface FormOptions<Name extends string> {
  names: readonly Name[]
  /** What can be said before anybody is asked. */
  check: () => Problems<Name>
  submit: () => Promise<void>
  /** Which fields an error of the service is about, beside INVALID_INPUT. */
  explain?: (error: PosternError) => Problems<Name>
}

/** A form whose fields show what is wrong with them, the first of which gets the focus. `error` belongs to no field. */
export function useForm<Name extends string>({ names, check, submit, explain }: FormOptions<Name>) {
  const ref = useRef<HTMLFormElement>(null)
  const [problems, setProblems] = useState<Problems<Name>>({})
  // Another object with every attempt, so that the focus moves also when the same is wrong again.
  const [attempt, setAttempt] = useState<object | null>(null)
  useEffect(() => {
    if (attempt) ref.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
  }, [attempt])

  /** Whether there was anything to show at a field. */
  function show(found: Problems<Name>): boolean {
    const isAny = names.some((name) => found[name] !== undefined)
    setProblems(isAny ? found : {})
    if (isAny) setAttempt({})
    return isAny
  }

  const action = useAction(submit, (error) => show({ ...fieldProblems(error), ...explain?.(error) } as Problems<Name>))

  function changed(name: Name): void {
    if (problems[name] !== undefined) setProblems({ ...problems, [name]: undefined })
  }

  return {
    ref,
    busy: action.busy,
    error: action.error,
    problems,
    /** To be called when a field is changed: what was said about it no longer holds. */
    changed,
    /** What a field needs to show its value and what is wrong with it. */
    field: (name: Name, value: string, set: (value: string) => void) => ({
      value,
      problem: problems[name],
      onValue(next: string) {
        set(next)
        changed(name)
      },
    }),
    onSubmit(event: FormEvent) {
      event.preventDefault()
      if (action.busy) return
      action.clear()
      if (!show(check())) action.run()
    },
  }
}
