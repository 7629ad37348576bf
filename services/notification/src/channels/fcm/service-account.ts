// The key file of a service account, as Google's console makes it.
import { createPrivateKey } from 'node:crypto'
import { z } from 'zod'

export interface ServiceAccount {
  projectId: string
  clientEmail: string
  /** PEM. */
  privateKey: string
  privateKeyId: string
  tokenUri: string
}

function isPrivateKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'rsa'
  } catch {
    return false
  }
}

const file = z.object({
  project_id: z.string().regex(/^[a-z0-9-]+$/),
  client_email: z.email(),
  private_key: z.string().refine(isPrivateKey),
  private_key_id: z.string().min(1),
  token_uri: z.url({ protocol: /^https?$/ }),
})

/** Null if the text is no such file. */
export function readServiceAccount(text: string): ServiceAccount | null {
  const parsed = z.preprocess((value) => parse(String(value)), file).safeParse(text)
  if (!parsed.success) return null
  const { project_id, client_email, private_key, private_key_id, token_uri } = parsed.data
  return {
    ...{ projectId: project_id, clientEmail: client_email, tokenUri: token_uri },
    ...{ privateKey: private_key, privateKeyId: private_key_id },
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
