// Puts the operator's name, logo and links into the document of the pages.

export interface Branding {
  readonly name: string
  /** A path of the same origin, or a URL. */
  readonly logoUrl: string | null
  /** Such as #1b4d3e. */
  readonly accentColor: string | null
  readonly termsUrl: string | null
  readonly privacyUrl: string | null
}

/** Served if there is an accent color. */
export const STYLESHEET = '/branding.css'

/** What the content security policy must allow besides the same origin: this one image. */
export const foreignLogo = (branding: Branding | undefined): string[] =>
  branding?.logoUrl?.startsWith('https://') ? [branding.logoUrl] : []

/** The pages read these elements: web/app/src/branding.ts. */
export function brandedPage(page: Buffer, { name, logoUrl, accentColor, termsUrl, privacyUrl }: Branding): Buffer {
  const values = { 'application-name': name, logo: logoUrl, terms: termsUrl, privacy: privacyUrl }
  const elements = Object.entries(values).flatMap(([key, value]) =>
    value === null ? [] : [`<meta name="${key}" content="${escaped(value)}" />`],
  )
  // Behind the stylesheet of the build, whose colors it replaces.
  if (accentColor !== null) elements.push(`<link rel="stylesheet" href="${STYLESHEET}" />`)
  const html = page
    .toString('utf8')
    .replace(/<title>[^<]*<\/title>/, () => `<title>${escaped(name)}</title>`)
    .replace('</head>', () => `${elements.join('')}</head>`)
  return Buffer.from(html)
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? '')
