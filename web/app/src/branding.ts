// The operator's name, logo and links, which the service has put into the document.

const contentOf = (name: string): string | null =>
  document.querySelector(`meta[name="${name}"]`)?.getAttribute('content') ?? null

export const brand = {
  name: contentOf('application-name') ?? 'Postern',
  logoUrl: contentOf('logo'),
  termsUrl: contentOf('terms'),
  privacyUrl: contentOf('privacy'),
} as const
