// Finds variables that look like misspelled ones of the service: a typing mistake would otherwise pass in silence.

/** A variable of the environment, and the one that was probably meant. */
export interface Misspelled {
  name: string
  meant: string
}

/** Variables of other programs that are similar to one of the service. */
const FOREIGN = new Set(['DATABASE_URI', 'REDIS_URI', 'LOGLEVEL'])

/** The first words of the service's variables that other programs do not use, or use with other second words. */
const PREFIXES = [
  'ARGON2',
  'BREACHED',
  'CAPTCHA',
  'HASH',
  'JWKS',
  'PASETO',
  'REFRESH',
  'REVOCATION',
  'SESSION',
  'SESSIONS',
  'USERNAME',
]

/** Kubernetes gives each container these for each service, and so may name one SESSION_PORT. */
const KUBERNETES = /_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT|PORT_\d+_(?:TCP|UDP)(?:_\w+)?)$/

/** Which of the `present` names look like one of the `known` names but aren't. */
export function findMisspelled(present: readonly string[], known: readonly string[]): Misspelled[] {
  const others = present.filter((name) => !known.includes(name) && !FOREIGN.has(name) && !KUBERNETES.test(name))
  return others.flatMap((name) => {
    const meant = nearest(
      name,
      known.filter((candidate) => isNear(name, candidate) || isRelated(name, candidate)),
    )
    return meant === undefined ? [] : [{ name, meant }]
  })
}

const nearest = (name: string, candidates: readonly string[]) =>
  candidates.toSorted((a, b) => distance(name.toUpperCase(), a) - distance(name.toUpperCase(), b))[0]

/** A few wrong letters, fewer in a short name or with a short last word: two letters make another word of it. */
function isNear(name: string, known: string): boolean {
  const most = known.length < 6 ? 0 : known.length < 10 || /_..$/.test(known) ? 1 : 2
  if (Math.abs(name.length - known.length) > most) return false
  // One of several, such as DATABASE_URL_2, is not meant to be the service's.
  if (name.replace(/_?\d+$/, '') === known) return false
  // A short word in another case, such as host or web, may well be another program's.
  return distance(name.toUpperCase(), known) <= most && (most > 0 || name.includes('_'))
}

/** The first word and another one of the same variable, such as SESSION_TTL. */
function isRelated(name: string, known: string): boolean {
  const [prefix = '', ...words] = name.toUpperCase().split('_')
  const [knownPrefix, ...knownWords] = known.split('_')
  return prefix === knownPrefix && PREFIXES.includes(prefix) && words.some((word) => knownWords.includes(word))
}

/** Letters to insert, delete, replace or swap with the next one (optimal string alignment). */
function distance(a: string, b: string): number {
  let [beforeLast, last] = [[] as number[], Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      row.push(
        Math.min(
          (last[j] ?? 0) + 1,
          (row[j - 1] ?? 0) + 1,
          (last[j - 1] ?? 0) + cost,
          swapped ? (beforeLast[j - 2] ?? 0) + 1 : Infinity,
        ),
      )
    }
    ;[beforeLast, last] = [last, row]
  }
  return last[b.length] ?? 0
}
