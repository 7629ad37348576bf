// Reads the issuer of the tokens as a URL.

/** Whether discovery can find the issuer. The configuration has checked the rest of the URL. */
export const isUrl = (issuer: string): boolean => /^https?:\/\//i.test(issuer)

/**
 * The path of the issuer without a slash at its end, to serve its documents there too: not every proxy removes the path.
 * Empty without a path, and for one that a route can't spell, which a proxy must remove.
 */
export function issuerPath(issuer: string): string {
  const path = isUrl(issuer) ? withoutSlash(new URL(issuer).pathname) : ''
  return /^[\w\-.~/]*$/.test(path) ? path : ''
}

/** An issuer or its path, to append a path to. */
export const withoutSlash = (text: string): string => text.replace(/\/+$/, '')
