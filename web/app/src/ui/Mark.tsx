// The logo: the operator's, or a small gate, ajar.
import { brand } from '../branding.js'

const Mark = () => (
  <svg className="mark" viewBox="0 0 24 24" aria-hidden="true">
    <path className="mark-arch" d="M4 21V11.500a8 8 0 0 1 16 0V21" />
    <path className="mark-leaf" d="M7.4 21V11.500A4.6 4.6 0 0 1 12 6.900V21z" />
  </svg>
)

export const Wordmark = () => (
  <span className="wordmark">
    {brand.logoUrl === null ? <Mark /> : <img className="logo" src={brand.logoUrl} alt="" />}
    {brand.name}
  </span>
)
