// Seals what is kept in the store: whoever can read or write there neither learns nor forges anything.

import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'

export interface Seal {
  /** AES-256-GCM. `name` is the key it is stored under: a sealed value opens nowhere else. */
  seal(purpose: string, name: string, text: string): string
  /** Undefined when it was forged, moved from another name or purpose, or sealed with a key we no longer have. */
  open(purpose: string, name: string, sealed: string): string | undefined
  /** 32 bytes for another use, from the first key by HKDF (RFC 5869). */
  deriveKey(purpose: string): Buffer
}

/** `1.<key id>.<nonce, ciphertext and tag>`, base64url. */
const version = '1'
const nonceLength = 12
const tagLength = 16

/** `keys`: 32 bytes each; the first seals, all open. Without any, a random one is made that lasts as long as the process. */
export function createSeal(keys: readonly Buffer[]): Seal {
  const masters = (keys.length > 0 ? keys : [randomBytes(32)]).map((key) => {
    if (key.length < 32) throw Object.assign(new Error('a secret key has 32 bytes'), { code: 'bad_secret_key' })
    return { key, id: expand(key, 'einlass key id').subarray(0, 6).toString('base64url') }
  })
  const first = masters[0]!
  // One small key per purpose and master; purposes are words in the code, so this stays small.
  const derived = new Map<string, Buffer>()

  return {
    seal(purpose, name, text) {
      const nonce = randomBytes(nonceLength)
      const cipher = createCipheriv('aes-256-gcm', nameKey(first, purpose, name), nonce)
      cipher.setAAD(binding(purpose, name))
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
        const text = decrypt(nameKey(master, purpose, name), binding(purpose, name), bytes)
        if (text !== undefined) return text
      }
      return undefined
    },
    deriveKey: (purpose) => expand(first.key, `einlass ${purpose}`),
  }

  /**
   * A key of its own for each name: random 96-bit nonces are good for 2^32 messages under one key
   * (NIST SP 800-38D, 8.3), which one key for everything would reach in weeks.
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

/** The length comes first so that no other split of the same characters gives the same bytes. */
function binding(purpose: string, name: string): Buffer {
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
