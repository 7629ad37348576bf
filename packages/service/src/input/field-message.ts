// Turns a rule about a field into a sentence that can be shown to a person.

/** `address.zipCode` is "Zip code". Numbers, which are positions in lists, are skipped. */
function labelOf(path: readonly PropertyKey[]): string {
  const name = path.findLast((part): part is string => typeof part === 'string') ?? 'value'
  const words = name.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase()
  return words.replace(/\bid\b/g, 'ID').replace(/^[a-z]/, (letter) => letter.toUpperCase())
}

/**
 * A rule in lower case continues the field's name: "must have at most 100 characters" becomes "First name must have at
 * most 100 characters." A rule that starts with a capital letter is a sentence already.
 */
export function fieldMessage(path: readonly PropertyKey[], rule: string): string {
  return /^[a-z]/.test(rule) ? `${labelOf(path)} ${rule}.` : rule
}
