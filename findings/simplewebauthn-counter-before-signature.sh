#!/usr/bin/env bash
# @simplewebauthn/server compares the counter before it verifies the signature: an unsigned response raises the alarm of a copy.
#
# Version    @simplewebauthn/server 14.0.3
# Behavior   `verifyAuthenticationResponse` throws "Response counter value … was lower than expected …" for a response whose
#            signature was never looked at. Anyone who knows the id of a credential can cause that error.
# Source     WebAuthn Level 3, section 7.2, "Verifying an Authentication Assertion": the signature is verified before the
#            counter is compared.
# Why        The error is what a service treats as a copied authenticator: it locks the credential, or informs the user. Pass
#            0 as the stored counter, and compare `newCounter` after the verification.
#
# Needs node 20 and npm. Everything goes into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @simplewebauthn/server@14.0.3
cat >finding.mjs <<'JS'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { verifyAuthenticationResponse } from '@simplewebauthn/server'
import { isoCBOR } from '@simplewebauthn/server/helpers'

const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const { x, y } = publicKey.export({ format: 'jwk' })
const bytes = (text) => new Uint8Array(Buffer.from(text, 'base64url'))
const cose = isoCBOR.encode(new Map([[1, 2], [3, -7], [-1, 1], [-2, bytes(x)], [-3, bytes(y)]]))

async function answerTo(counter) {
  const data = { type: 'webauthn.get', challenge: 'AAAA', origin: 'https://example.com' }
  const authenticatorData = Buffer.concat([
    createHash('sha256').update('example.com').digest(),
    Buffer.from([5, 0, 0, 0, counter]),
  ])
  const response = {
    clientDataJSON: Buffer.from(JSON.stringify(data)).toString('base64url'),
    authenticatorData: authenticatorData.toString('base64url'),
    // Not made with the key.
    signature: Buffer.from('3006020101020101', 'hex').toString('base64url'),
  }
  try {
    const { verified } = await verifyAuthenticationResponse({
      response: { id: 'AQID', rawId: 'AQID', type: 'public-key', clientExtensionResults: {}, response },
      expectedChallenge: 'AAAA',
      expectedOrigin: 'https://example.com',
      expectedRPID: 'example.com',
      credential: { id: 'AQID', publicKey: cose, counter: 10 },
    })
    return verified ? 'accepted' : 'the signature is wrong'
  } catch (error) {
    return /counter/.test(error.message) ? 'the counter is too low' : `refused: ${error.message}`
  }
}

const [higher, lower] = [await answerTo(11), await answerTo(9)]
console.log(`wrong signature, higher counter: ${higher}`)
console.log(`wrong signature, lower counter: ${lower}`)
process.exitCode = higher !== 'accepted' && lower === 'the counter is too low' ? 0 : 1
JS
echo "@simplewebauthn/server $(node -p "require('./node_modules/@simplewebauthn/server/package.json').version"), Node.js $(node --version)"
if node finding.mjs; then
  echo 'As found: the counter is compared before the signature is verified.'
else
  echo 'Changed: the counter of an unsigned response is no longer compared.'
  exit 1
fi
