// Secrets that a test gives to the service, and the search for them in everything that the service writes.
import { randomBytes } from 'node:crypto'

/** A token is found by any part of it that is this long. */
const PART = 24

/** Every form in which a value could be written. */
function formsOf(value: string): string[] {
  const bytes = Buffer.from(value)
  // In base64 the last characters depend on what follows.
  return [value, encodeURIComponent(value), bytes.toString('hex'), bytes.toString('base64').slice(0, -4)]
}

/** A short value, such as a code of eight digits, must stand alone: any number that is long enough contains it. */
const isIn = (text: string, form: string): boolean =>
  form.length > 10 ? text.includes(form) : new RegExp(`(?<![\\w.])${form}(?!\\w)`).test(text)

export function createCanaries() {
  const values = new Map<string, string>()

  return {
    /** Makes a secret for one input. It passes as a password, a header and a part of a URL. */
    create(input: string): string {
      const value = `Canary-${input.replaceAll(/\W+/g, '-')}-${randomBytes(12).toString('hex')}`
      values.set(input, value)
      return value
    },

    /** Adds a secret that the service made itself. */
    add(name: string, value: string): string {
      if (value === '') throw new Error(`Without a value, ${name} is in every text.`)
      values.set(name, value.length > PART ? value.slice(-PART) : value)
      return value
    },

    /** The names of the secrets that `text` contains, apart from those that may be there. */
    foundIn(text: string, { except = [] }: { except?: readonly string[] } = {}): string[] {
      const names = [...values].filter(([, value]) => formsOf(value).some((form) => isIn(text, form)))
      return names.map(([name]) => name).filter((name) => !except.includes(name))
    },
  }
}
