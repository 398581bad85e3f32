// Authenticated encryption (AES-256-GCM) of store records: access to the store neither reveals nor forges content.

import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'

export interface Seal {
  /** Encrypts `text`, bound to `purpose` and `name`, the key it is stored under: it opens under no other. */
  seal(purpose: string, name: string, text: string): string
  /** Undefined when it was forged, moved from another name or purpose, or sealed with a key no longer configured. */
  open(purpose: string, name: string, sealed: string): string | undefined
  /** Derives 32 bytes for another purpose from the first key by HKDF (RFC 5869). */
  deriveKey(purpose: string): Buffer
}

/** `1.<key id>.<nonce, ciphertext and tag>`, base64url. */
const version = '1'
const nonceLength = 12
const tagLength = 16

/** `keys`: 32 bytes each; the first seals, all open. Without keys a random one is used for the lifetime of the process. */
export function createSeal(keys: readonly Buffer[]): Seal {
  const masters = (keys.length > 0 ? keys : [randomBytes(32)]).map((key) => {
    if (key.length < 32) throw Object.assign(new Error('a secret key must have 32 bytes'), { code: 'bad_secret_key' })
    return { key, id: expand(key, 'einlass key id').subarray(0, 6).toString('base64url') }
  })
  const first = masters[0]!
  // One derived key per purpose and master key; purposes are literals in the code, so the map stays small.
  const derived = new Map<string, Buffer>()

  return {
    seal(purpose, name, text) {
      const nonce = randomBytes(nonceLength)
      const cipher = createCipheriv('aes-256-gcm', nameKey(first, purpose, name), nonce)
      cipher.setAAD(additionalData(purpose, name))
      const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
      return `${version}.${first.id}.${sealed.toString('base64url')}`
    },
    open(purpose, name, sealed) {
      const [format, id, body, ...rest] = sealed.split('.', 4)
      if (format !== version || body === undefined || rest.length > 0) return undefined
      const bytes = Buffer.from(body, 'base64url')
      if (bytes.length < nonceLength + tagLength) return undefined
      for (const master of masters) {
        if (master.id !== id) continue
        const text = decrypt(nameKey(master, purpose, name), additionalData(purpose, name), bytes)
        if (text !== undefined) return text
      }
      return undefined
    },
    deriveKey: (purpose) => expand(first.key, `einlass ${purpose}`),
  }

  /**
   * A separate key for each name: random 96-bit nonces are limited to 2^32 messages per key
   * (NIST SP 800-38D, 8.3), a limit that one key for all records would reach in weeks.
   */
  function nameKey(master: { key: Buffer; id: string }, purpose: string, name: string): Buffer {
    const slot = `${master.id} ${purpose}`
    let key = derived.get(slot)
    if (key === undefined) {
      key = expand(master.key, `einlass seal ${purpose}`)
      derived.set(slot, key)
    }
    return createHmac('sha256', key).update(name).digest()
  }
}

/** The length prefix makes the encoding unambiguous. */
function additionalData(purpose: string, name: string): Buffer {
  return Buffer.from(`${version}:${purpose.length}:${purpose}:${name}`)
}

function decrypt(key: Buffer, aad: Buffer, bytes: Buffer): string | undefined {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceLength), { authTagLength: tagLength })
    decipher.setAAD(aad)
    decipher.setAuthTag(bytes.subarray(-tagLength))
    const body = bytes.subarray(nonceLength, -tagLength)
    return decipher.update(body, undefined, 'utf8') + decipher.final('utf8')
  } catch {
    return undefined
  }
}

function expand(key: Buffer, info: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), info, 32))
}
