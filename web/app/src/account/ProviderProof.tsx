// The way to confirm who one is without a password: another sign-in with a linked provider, which asks for a proof again.
import { useLinked } from './use-linked.js'

export function ProviderProof() {
  const { data } = useLinked()
  if (!data || data.length === 0) return null
  const query = new URLSearchParams({ return_to: `/account${window.location.hash}`, prompt: 'login' }).toString()
  return (
    <p className="about">
      If your account has no password, sign in again:{' '}
      {data.map(({ provider, label }, i) => (
        <span key={provider}>
          {i > 0 && ', '}
          <a href={`/oauth/${provider}/start?${query}`}>Continue with {label}</a>
        </span>
      ))}
    </p>
  )
}
