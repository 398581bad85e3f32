// Fuzz target posture tokens: only the signed content of a valid token counts; any other key, header, audience or time does not.

import { createHmac, sign as signBytes, type KeyObject } from 'node:crypto'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { openSignedJwt } from '../../../src/devices/sources/signed-jwt.ts'
import { createTrustedHeader, signedText } from '../../../src/devices/sources/trusted-header.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import { createLogger } from '../../../src/telemetry/logger.ts'
import { mutate, salt } from '../mutate.ts'
import { isSameToken } from '../jwt-equality.ts'
import { must, opened, type FuzzTarget } from '../target.ts'

const origin = 'https://access.example.com'
const now = 1_800_000_000_000
const seconds = now / 1000

type Json = Record<string, unknown>

const oddities = [
  null,
  true,
  0,
  -1,
  1e300,
  '',
  'x',
  [],
  {},
  ['a', 'b'],
  [origin],
  [origin, 'other'],
  origin,
  'other',
  'tablet-1',
  'tablet-2',
  seconds,
  seconds + 30,
  seconds + 300,
  seconds + 301,
  seconds - 1,
  seconds + 86_400,
  String(seconds),
  'none',
  'HS256',
  'ES256',
  'JWT',
  '__proto__',
]
const odd = fc.constantFrom<unknown>(...oddities)
const changes = (keys: readonly string[]): fc.Arbitrary<[string, unknown][]> =>
  fc.array(
    fc.tuple(
      fc.constantFrom(...keys),
      fc.oneof({ weight: 3, arbitrary: odd }, { weight: 1, arbitrary: fc.constant(undefined) }),
    ),
    { maxLength: 2 },
  )

const tokens = fc.record({
  claims: changes([
    'aud',
    'iat',
    'exp',
    'jti',
    'sub',
    'nbf',
    'iss',
    'managed',
    'disk_encrypted',
    'os',
    'antivirus',
    'risk',
  ]),
  header: changes(['alg', 'typ', 'kid', 'crit', 'b64', 'jwk', 'zip']),
  signer: fc.constantFrom('right', 'right', 'right', 'other', 'stranger', 'nobody'),
  /** Mutation of the serialized token. */
  edits: fc.oneof(
    { weight: 3, arbitrary: fc.constant('') },
    { weight: 1, arbitrary: mutate(['x.y.z'], [...salt, 'e30', 'e30.', 'AAAA', '='], 3) },
  ),
  cut: fc.option(fc.nat(400), { nil: undefined, freq: 5 }),
})

export const postureTokens: FuzzTarget = {
  name: 'posture-token',
  law: 'observed only as signed by its device, for us, now, once; never throws',
  weight: 1,
  async open() {
    const folder = await mkdtemp(join(tmpdir(), 'einlass-fuzz-'))
    const pairs = new Map(
      ['tablet-1', 'tablet-2', 'stranger'].map((id) => [id, generateKeyPairSync('ec', { namedCurve: 'P-256' })]),
    )
    const keys = ['tablet-1', 'tablet-2'].map((kid) => ({
      kid,
      ...pairs.get(kid)!.publicKey.export({ format: 'jwk' }),
    }))
    await writeFile(join(folder, 'keys.json'), JSON.stringify({ keys }))
    const store = createMemoryStore({ now: () => now })
    const log = createLogger({ level: 'error', destination: { write: () => {} } })
    const source = await openSignedJwt(
      { name: 'token', keys: join(folder, 'keys.json'), audience: origin },
      { store, log },
    )
    let count = 0
    return opened(
      tokens,
      async ({ claims: changed, header: changedHeader, signer, edits, cut }) => {
        const claims = with_(
          { aud: origin, iat: seconds, exp: seconds + 300, jti: `token-number-${++count}`, managed: true },
          changed,
        )
        const header = with_({ alg: 'ES256', typ: 'device-posture+jwt', kid: 'tablet-1' }, changedHeader)
        const key = { right: 'tablet-1', other: 'tablet-2', stranger: 'stranger', nobody: undefined }[signer]
        const right = compact(header, claims, key === undefined ? undefined : pairs.get(key)!.privateKey)
        const token =
          cut === undefined ? right + (edits === 'x.y.z' ? '' : edits) : right.slice(0, cut) + edits + right.slice(cut)
        const question = {
          header: (name: string) => (name === 'device-posture' ? token : undefined),
          peer: '192.0.2.7',
          method: 'GET',
          host: 'wiki.example.com',
          target: '/',
          pinned: undefined,
          now,
        }
        const seen = await source.observe!(question)
        must(['silent', 'observed', 'refused'].includes(seen.state), 'an answer', seen)
        if (seen.state !== 'observed') return
        must(isSameToken(token, right), 'not a byte was changed', token)
        must(key !== undefined && header.kid === key, 'signed by the device it names', header)
        must(
          header.alg === 'ES256' &&
            /^(application\/)?device-posture\+jwt$/i.test(String(header.typ)) &&
            !('crit' in header),
          'of the right type',
          header,
        )
        const audience = [claims.aud].flat()
        must(audience.length === 1 && audience[0] === origin, 'for us alone', claims)
        const { iat, exp } = claims as { iat: number; exp: number }
        must(
          typeof iat === 'number' &&
            typeof exp === 'number' &&
            iat <= seconds + 30 &&
            exp > seconds &&
            exp > iat &&
            exp - iat <= 300,
          'now',
          claims,
        )
        must(claims.sub === undefined || claims.sub === header.kid, 'of itself', claims)
        must(seen.posture.deviceId === header.kid && seen.posture.source === 'token', 'as that device', seen)
        if (seen.posture.managed === true)
          must(claims.managed === true || claims.managed === 'true', 'a fact as stated', claims)
        const again = await source.observe!({ ...question, pinned: undefined })
        must(again.state === 'refused', 'once', again)
      },
      {
        async close() {
          await source.stop()
          await store.close()
          await rm(folder, { recursive: true, force: true })
        },
      },
    )
  },
}

const names = [
  'x-device-id',
  'x-device-managed',
  'x-device-disk-encrypted',
  'x-device-os',
  'x-device-os-version',
  'x-device-antivirus',
  'x-device-risk',
  'x-device-owner',
]
const facts = ['laptop-1', 'true', 'false', 'TRUE', 'windows', '10.0.22631', 'healthy', 'low', 'ada@example.com', '']

const headers = fc.record({
  signed: fc.array(fc.tuple(fc.constantFrom(...names), fc.oneof(fc.constantFrom(...facts), mutate(facts, salt, 2))), {
    maxLength: 5,
  }),
  /** Changes after signing. */
  after: fc.array(fc.tuple(fc.constantFrom(...names), fc.oneof(fc.constantFrom(...facts), mutate(facts, salt, 2))), {
    maxLength: 2,
  }),
  signature: fc.oneof(
    { weight: 3, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: mutate(['t=1800000000,v1=', ',v1=' + '0'.repeat(64)], [...salt, 't=', 'v1=', ','], 3) },
  ),
  peer: fc.constantFrom('10.1.2.3', '10.1.2.3', '10.1.2.3', '192.0.2.7', '::ffff:10.1.2.3', 'nonsense'),
  shift: fc.constantFrom(0, 0, 0, 59, 61, -59, -61, 86_400),
  elsewhere: fc.constantFrom(undefined, undefined, undefined, 'method', 'host', 'target'),
  key: fc.constantFrom('right', 'right', 'right', 'wrong'),
})

export const trustedHeaders: FuzzTarget = {
  name: 'trusted-header',
  law: 'observed only from its network, as signed, for this request, in time; never throws',
  weight: 1,
  open: async () => {
    const secret = 'a secret shared with the agent'
    const source = createTrustedHeader({ name: 'agent', networks: ['10.0.0.0/8'], secret, tolerance: 60_000 })
    return opened(headers, async ({ signed, after, signature, peer, shift, elsewhere, key }) => {
      const fields = (pairs: readonly (readonly [string, string])[]) =>
        Object.fromEntries(pairs.map(([name, text]) => [name, text]))
      const base = { method: 'GET', host: 'wiki.example.com', target: '/page?x=1' }
      const before = fields(signed)
      const t = String(seconds + shift)
      const other = elsewhere === undefined ? base : { ...base, [elsewhere]: 'another' }
      const text = signedText(t, { ...other, header: (name) => before[name] })
      const v1 = createHmac('sha256', key === 'right' ? secret : 'guessed')
        .update(text, 'latin1')
        .digest('hex')
      const sent: Record<string, string> = {
        ...before,
        ...fields(after),
        'x-device-signature': signature ?? `t=${t},v1=${v1}`,
      }
      const seen = await source.observe!({
        ...base,
        header: (name) => (Object.hasOwn(sent, name) ? sent[name] : undefined),
        peer,
        pinned: undefined,
        now,
      })
      must(['silent', 'observed', 'refused'].includes(seen.state), 'an answer', seen)
      if (seen.state !== 'observed') return
      must(peer === '10.1.2.3' || peer === '::ffff:10.1.2.3', 'from its network', peer)
      must(
        key === 'right' && signature === undefined && elsewhere === undefined && Math.abs(shift) <= 60,
        'signed, here and now',
        { key, signature, elsewhere, shift },
      )
      for (const name of names)
        must(
          (sent[name] ?? '').trim() === (before[name] ?? '').trim() ||
            (name in before === false && sent[name] === undefined),
          `${name} as signed`,
          sent,
        )
      must(seen.posture.deviceId === before['x-device-id']?.trim(), 'of the device named', seen)
    })
  },
}

function with_(base: Json, changed: readonly (readonly [string, unknown])[]): Json {
  const next = { ...base }
  for (const [name, value] of changed) {
    if (value === undefined) delete next[name]
    else next[name] = value
  }
  return next
}

/** Without a library, so that invalid content can be signed. */
function compact(header: Json, claims: Json, key: KeyObject | undefined): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const text = `${part(header)}.${part(claims)}`
  return `${text}.${key === undefined ? '' : signBytes('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}
