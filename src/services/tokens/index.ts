// Tokens: access tokens in their formats, refresh tokens, the keys that sign, and the proofs of clients' keys.
export { createTokenService, type TokenService } from './access-tokens.js'
export { es256, hs256, paseto } from './formats.js'
export { type CheckProof, createCheckProof, type ProvenKey } from './key-proofs.js'
export { createKeyRotation } from './key-rotation.js'
export { createRefreshTokens, type ParsedRefreshToken, type RefreshTokens } from './refresh-tokens.js'
export { signSecurityEvent } from './security-events.js'
export { createSigningKeys, NO_KEY, type SigningKeys } from './signing-keys.js'
