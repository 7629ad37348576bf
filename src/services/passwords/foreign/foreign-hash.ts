// What a hash of another system consists of.

export const PBKDF2_DIGESTS = ['sha1', 'sha256', 'sha512'] as const

export type ForeignHash =
  | {
      kind: 'argon2'
      type: 'argon2id' | 'argon2i' | 'argon2d'
      /** 16 or 19. Null if the hash does not say: then it may be either. */
      version: number | null
      memoryKib: number
      timeCost: number
      parallelism: number
      salt: Buffer
      hash: Buffer
    }
  | { kind: 'bcrypt'; cost: number; text: string }
  | { kind: 'scrypt'; log2N: number; r: number; p: number; salt: Buffer; hash: Buffer; firebase?: FirebaseKeys }
  | { kind: 'pbkdf2'; digest: (typeof PBKDF2_DIGESTS)[number]; iterations: number; salt: Buffer; hash: Buffer }

/** Firebase's scrypt makes a key, with which it encrypts the project's own key. */
export interface FirebaseKeys {
  separator: Buffer
  signerKey: Buffer
}
