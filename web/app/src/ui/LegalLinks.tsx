// The operator's terms and privacy policy.
import { brand } from '../branding.js'

export function LegalLinks() {
  const links = [
    ['Terms', brand.termsUrl],
    ['Privacy', brand.privacyUrl],
  ] as const
  if (links.every(([, url]) => url === null)) return null
  return (
    <p className="legal facts">
      {links.map(
        ([words, url]) =>
          url !== null && (
            <a key={words} href={url}>
              {words}
            </a>
          ),
      )}
    </p>
  )
}
