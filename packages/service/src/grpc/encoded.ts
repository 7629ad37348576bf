// Messages pass through the gateway encoded, as they are.

export const asIs = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

export const received = (bytes: Buffer): Uint8Array => bytes
