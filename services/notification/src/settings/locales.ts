// Languages of texts: BCP 47 tags, and which of them to use instead.

/** The canonical spelling of a tag: `pt-br` is `pt-BR`. Undefined if it is none, or longer than 35 characters. */
export function localeNamed(tag: string): string | undefined {
  if (tag.length > 35) return undefined
  try {
    return Intl.getCanonicalLocales(tag)[0]
  } catch {
    return undefined
  }
}

/** The tag, each shorter one, and `fallback` with its own: `pt-BR`, `pt`, `en`. */
export function localeChain(tag: string, fallback: string): string[] {
  const shortened = (parts: string[]): string[] =>
    parts.length === 0 ? [] : [parts.join('-'), ...shortened(parts.slice(0, -1))]
  return [...new Set([...shortened(tag.split('-')), ...shortened(fallback.split('-'))])]
}
