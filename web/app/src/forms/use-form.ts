// The state of a form: what is wrong with each field, and whether it is being submitted.
import type { PosternError, PosternErrorCode } from '@postern/client'
import { type FormEvent, type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import { useAction } from '../state/use-action.js'
import { type FieldError, fieldErrors } from '../wording/problems.js'

export type Problems<Name extends string> = Partial<Record<Name, ReactNode>>
/** The values of a form by the names of its inputs. */
export type Values<Name extends string> = Record<Name, string>

interface FormOptions<Name extends string> {
  names: readonly Name[]
  /** What is known to be wrong before a request. */
  check: (values: Values<Name>) => Problems<Name>
  submit: (values: Values<Name>) => Promise<void>
  /** The field that a code is about, for errors that name no field. */
  fieldOf?: Partial<Record<PosternErrorCode, Name>>
  /** What to show at a field; the service's message by default. */
  say?: (error: FieldError) => ReactNode
  /** Called for each field that the service refused. */
  refused?: (error: FieldError) => void
}

/** A form that shows each problem at its field and focuses the first. `error` is one that belongs to no field. */
export function useForm<Name extends string>(options: FormOptions<Name>) {
  const { names, check, submit, fieldOf, say = ({ message }) => message, refused } = options
  const ref = useRef<HTMLFormElement>(null)
  const [problems, setProblems] = useState<Problems<Name>>({})
  // A new object for each attempt, so that the focus moves even when the same field is wrong again.
  const [attempt, setAttempt] = useState<object | null>(null)
  useEffect(() => {
    if (attempt) ref.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
  }, [attempt])

  /** Returns whether there was anything to show at a field. */
  function show(found: Problems<Name>): boolean {
    const isAny = names.some((name) => found[name] !== undefined)
    setProblems(isAny ? found : {})
    if (isAny) setAttempt({})
    return isAny
  }

  function showRefusal(error: PosternError): boolean {
    const errors = fieldErrors(error, fieldOf)
    for (const one of errors) refused?.(one)
    // The first of each field.
    return show(Object.fromEntries(errors.toReversed().map((one) => [one.path, say(one)])) as Problems<Name>)
  }

  const action = useAction(submit, showRefusal)

  function changed(name: Name): void {
    if (problems[name] !== undefined) setProblems({ ...problems, [name]: undefined })
  }

  const element = {
    ref,
    noValidate: true,
    onKeyDown(event: KeyboardEvent) {
      // This Enter ends a composition. In Safari, which reports the end before the key, only its code says so.
      const isComposing = event.nativeEvent.isComposing || event.keyCode === 229
      if (event.key === 'Enter' && isComposing) event.preventDefault()
    },
    onSubmit(event: FormEvent<HTMLFormElement>) {
      event.preventDefault()
      if (action.busy) return
      action.clear()
      const values = valuesOf(event.currentTarget, names)
      if (!show(check(values))) action.run(values)
    },
  }

  return {
    ref,
    /** The props of the form. */
    element,
    busy: action.busy,
    error: action.error,
    problems,
    /** Call it when a field changes: its problem no longer applies. */
    changed,
    /** The props of a field: its name, value and problem. */
    field: (name: Name, value: string, set: (value: string) => void) => ({
      name,
      value,
      problem: problems[name],
      onValue(next: string) {
        set(next)
        changed(name)
      },
    }),
  }
}

/** Reads the document: it has values that were filled in without an event. Their fields get that event now. */
function valuesOf<Name extends string>(form: HTMLFormElement, names: readonly Name[]): Values<Name> {
  for (const input of form.querySelectorAll('input')) input.dispatchEvent(new Event('input', { bubbles: true }))
  const data = new FormData(form)
  return Object.fromEntries(names.map((name) => [name, data.get(name) ?? ''])) as Values<Name>
}
