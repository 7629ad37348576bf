// What creating an account means: that the person accepts the terms.
import { brand } from '../branding.js'

const inNewTab = { target: '_blank', rel: 'noreferrer' } as const

export const TermsNote = ({ isRequired }: { isRequired: boolean }) =>
  isRequired && brand.termsUrl !== null ? (
    <p className="hint">
      With your account you accept the{' '}
      <a href={brand.termsUrl} {...inNewTab}>
        terms of use
      </a>
      .
    </p>
  ) : null
