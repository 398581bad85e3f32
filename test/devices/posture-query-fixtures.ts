// Posture queries, signatures, tokens and dependencies for device tests: the real store, change log and seal.

import { createHmac } from 'node:crypto'
import { exportJWK, generateKeyPair, SignJWT, type JWTPayload } from 'jose'
import type { AuditEvent } from '../../src/audit/event.ts'
import type { PostureQuery } from '../../src/devices/devices.ts'
import { signedText } from '../../src/devices/sources/trusted-header.ts'
import { createChangeFeed } from '../../src/store/change-feed.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { createSeal } from '../../src/store/seal.ts'
import { createLogger } from '../../src/telemetry/logger.ts'

export const origin = 'https://access.example.com'
export const start = 1_800_000_000_000

export type Headers = Readonly<Record<string, string>>

export function postureQuery(headers: Headers, more: Partial<Omit<PostureQuery, 'header'>> = {}): PostureQuery {
  return {
    header: (name) => (Object.hasOwn(headers, name) ? headers[name] : undefined),
    peer: '10.1.2.3',
    method: 'GET',
    host: 'wiki.example.com',
    target: '/page/7?part=2',
    pinned: undefined,
    now: start,
    ...more,
  }
}

/** Headers with the signature of an agent gateway. `at`: epoch milliseconds. */
export function signedQuery(
  headers: Headers,
  secret: string,
  at = start,
  more: Partial<PostureQuery> = {},
): PostureQuery {
  const t = String(Math.floor(at / 1000))
  const text = signedText(t, postureQuery(headers, more))
  const v1 = createHmac('sha256', secret).update(text, 'latin1').digest('hex')
  return postureQuery({ ...headers, 'x-device-signature': `t=${t},v1=${v1}` }, { now: at, ...more })
}

export async function deviceKey(algorithm: 'ES256' | 'EdDSA' | 'ES384' = 'ES256') {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true })
  return { jwk: await exportJWK(publicKey), secret: await exportJWK(privateKey), privateKey, algorithm }
}

let counter = 0

export function token(
  key: Awaited<ReturnType<typeof deviceKey>>,
  kid: string,
  claims: JWTPayload = {},
  header: Record<string, unknown> = {},
  at = start,
): Promise<string> {
  const seconds = Math.floor(at / 1000)
  return new SignJWT({ aud: origin, iat: seconds, exp: seconds + 300, jti: `token-number-${++counter}`, ...claims })
    .setProtectedHeader({ alg: key.algorithm, typ: 'device-posture+jwt', kid, ...header })
    .sign(key.privateKey)
}

/** An adjustable clock, and all dependencies of `createDevices` except sources. */
export function createDeviceFixtures() {
  const clock = { at: start }
  const now = () => clock.at
  const store = createMemoryStore({ now })
  const changes = createChangeFeed({ store, now })
  const events: AuditEvent[] = []
  const lines: string[] = []
  const announced: string[] = []
  changes.on((change) => {
    if (change !== 'everything' && change.kind === 'device_changed') announced.push(change.device)
  })
  return {
    clock,
    events,
    lines,
    announced,
    deps: {
      store,
      changes,
      seal: createSeal([Buffer.alloc(32, 7)]),
      record: (event: AuditEvent) => void events.push(event),
      now,
      log: createLogger({ level: 'debug', destination: { write: (line) => lines.push(line) } }),
    },
    async stop() {
      await changes.stop()
      await store.close()
    },
  }
}
