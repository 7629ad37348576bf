// The forms in which passwords and words are compared.

/** Compatibility forms, such as full-width letters, become plain ones. The stored hash is of the password as typed. */
export const fold = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()

/** Without separators. */
export const squeeze = (text: string): string => text.replace(/[^\p{L}\p{N}]/gu, '')

const LETTERS: Readonly<Record<string, string>> = {
  ...{ '0': 'o', '3': 'e', '4': 'a', '5': 's', '7': 't', '8': 'b', '9': 'g', '@': 'a', $: 's', '+': 't' },
}

/** Replaces characters that people type for letters. A 1 can be an i or an l. */
export const withLetters = (form: string, one: string): string =>
  form.replace(/[01345789@$!|+]/g, (character) => LETTERS[character] ?? one)
