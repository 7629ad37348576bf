// Looks up breached passwords in a range API, as that of Have I Been Pwned: it learns five digits of a hash.
import { ProviderFailure, requestProvider } from '../../clients/provider-requests.js'

export interface BreachedHashes {
  /** How often a password with this SHA-1 (upper-case hex) was found in breaches. Rejects if that is not known. */
  count(sha1: string): Promise<number>
}

const BOUNDS = { timeoutMs: 3000, maxBytes: 1024 * 1024 }
const PREFIX_LENGTH = 5

/** `url` is the address of the ranges, such as `https://api.pwnedpasswords.com/range`. */
export const createBreachedRange = (url: string): BreachedHashes => ({
  async count(sha1) {
    const [prefix, suffix] = [sha1.slice(0, PREFIX_LENGTH), sha1.slice(PREFIX_LENGTH)]
    const address = new URL(`${url.replace(/\/$/, '')}/${prefix}`)
    // With padding, the length of the answer doesn't show which range was requested.
    const headers = { 'add-padding': 'true', 'user-agent': 'postern', accept: 'text/plain' }
    const { status, text } = await requestProvider(address, { headers, ...BOUNDS })
    const lines = text.trim().split(/\r?\n/)
    if (status !== 200 || !/^[0-9A-F]{35}:\d+$/i.test(lines[0] ?? ''))
      throw new ProviderFailure(`the API of breached passwords answered ${status}`)
    const found = lines.find((line) => line.slice(0, suffix.length).toUpperCase() === suffix)
    // Padding consists of hashes with a count of 0.
    return found === undefined ? 0 : Number(found.slice(suffix.length + 1))
  },
})
