// Attack class device posture: unsigned claims, forged signatures, and tokens of another device.

import { createHmac, createSecretKey, generateKeyPairSync, randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import type { Person } from '../../support/user-client.ts'
import { encode } from '../../support/provider-under-test.ts'
import { must, type AttackSuite } from '../case.ts'
import { deviceSecret, type Environment } from '../environment.ts'

type Header = Readonly<Record<string, unknown>>

/** A posture token of the device in the inventory, except for `change`. */
async function token(ground: Environment, change: Header = {}, header: Header = {}, key: unknown = ground.deviceKey) {
  const now = Math.floor(Date.now() / 1000)
  const claims = {
    managed: true,
    disk_encrypted: true,
    aud: ground.origin('access'),
    iat: now,
    exp: now + 120,
    jti: randomUUID(),
    ...change,
  }
  const protectedHeader = { alg: 'ES256', kid: 'tablet-1', typ: 'device-posture+jwt', ...header }
  return new SignJWT(claims as never).setProtectedHeader(protectedHeader as never).sign(key as never)
}

async function laptopWith(
  ground: Environment,
  headers: Record<string, string>,
  person: Person = ground.ada,
  from?: string,
) {
  return (await person.ask(`${ground.origin('laptop')}/`, ground.port, { headers, from })).status
}

const facts = {
  'X-Device-Id': 'tablet-1',
  'X-Device-Managed': 'true',
  'X-Device-Disk-Encrypted': 'true',
  'X-Device-Compliant': 'true',
}

function spelled(mark: string): Record<string, string> {
  return Object.fromEntries(Object.entries(facts).map(([name, value]) => [name.replaceAll('-', mark), value]))
}

function signature(
  secret: string,
  host: string,
  t = Math.floor(Date.now() / 1000),
  said: Record<string, string> = facts,
): Record<string, string> {
  const lines = Object.entries(said)
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${name}:${value}`)
  const text = ['einlass-device-1', t, 'GET', host, '/', ...lines].map((line) => `${line}\n`).join('')
  return { ...said, 'X-Device-Signature': `t=${t},v1=${createHmac('sha256', secret).update(text).digest('hex')}` }
}

export const devices: AttackSuite = {
  class: 'device-posture',
  checks: [
    {
      name: 'posture headers without a signature, in any spelling',
      async run(ground) {
        for (const mark of ['-', '_', '.', '~']) {
          must((await laptopWith(ground, spelled(mark))) === 403, `403 with ${mark}`, 'something else')
        }
        const certificate = {
          'X-Client-Cert': 'x',
          'X-Forwarded-Client-Cert': 'Hash=x;Subject="CN=tablet-1"',
          'Client-Cert': ':eA==:',
        }
        must((await laptopWith(ground, certificate)) === 403, '403 with a certificate in a header', 'something else')
      },
    },
    {
      name: 'a device its management calls not compliant, everything else in order',
      async run(ground) {
        const person = ground.person()
        await person.signIn(`${ground.origin('laptop')}/`, ground.port)
        const stated = (more: Record<string, string>) => {
          const said = {
            'X-Device-Id': 'NB-77',
            'X-Device-Managed': 'true',
            'X-Device-Disk-Encrypted': 'true',
            ...more,
          }
          return laptopWith(
            ground,
            signature(deviceSecret, ground.host('laptop'), undefined, said),
            person,
            '127.0.0.2',
          )
        }
        must((await stated({ 'X-Device-Compliant': 'true' })) === 200, '200 for a compliant one', 'something else')
        must((await stated({})) === 200, '200 without a verdict', 'something else')
        const status = await stated({ 'X-Device-Compliant': 'false' })
        must(status === 403, '403', status)
        person.close()
      },
    },
    {
      name: 'a signature that is wrong, old, for another request, or from another network',
      async run(ground) {
        const host = ground.host('laptop')
        const agent = '127.0.0.2'
        const now = Math.floor(Date.now() / 1000)
        const tries: readonly (readonly [Record<string, string>, string])[] = [
          [signature(`${deviceSecret}!`, host), agent],
          [signature(deviceSecret, host, now - 3_600), agent],
          [signature(deviceSecret, host, now + 3_600), agent],
          [signature(deviceSecret, ground.host('wiki')), agent],
          [signature(deviceSecret, host), '127.0.0.3'],
          [{ ...signature(deviceSecret, host), 'X-Device-Signature': `t=${now},v1=` }, agent],
          [{ ...signature(deviceSecret, host), 'X-Device-Owner': 'ada' }, agent],
          [{ ...signature(deviceSecret, host), 'X-Device-Managed': 'false' }, agent],
        ]
        for (const [headers, from] of tries) {
          const status = await laptopWith(ground, headers, ground.ada, from)
          must(status === 403 || status === 400, 'a refusal', { status, headers, from })
        }
      },
    },
    {
      name: 'a token with alg none, a shared secret, an unknown key, or an embedded key',
      async run(ground) {
        const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' })
        const right = (await token(ground)).split('.')
        const pem = stranger.publicKey.export({ type: 'spki', format: 'pem' })
        const tries = [
          `${encode({ alg: 'none', kid: 'tablet-1', typ: 'device-posture+jwt' })}.${right[1]}.`,
          `${right[0]}.${right[1]}.`,
          `${right[0]}.${right[1]}.AAAA`,
          await token(ground, {}, { alg: 'HS256' }, createSecretKey(Buffer.from(pem))),
          await token(ground, {}, {}, stranger.privateKey),
          await token(ground, {}, { kid: 'tablet-2' }),
          await token(ground, {}, { kid: '../keys' }),
          await token(ground, {}, { jwk: stranger.publicKey.export({ format: 'jwk' }) }, stranger.privateKey),
          await token(ground, {}, { jku: `${ground.provider.issuer}/evil` }, stranger.privateKey),
          'x'.repeat(20_000),
          'e30.e30.e30',
        ]
        for (const one of tries) {
          const status = await laptopWith(ground, { 'Device-Posture': one })
          must(status === 403, `403 with ${one.slice(0, 60)}`, status)
        }
        must(!ground.provider.hits.has('/evil'), 'nothing fetched', 'a request')
      },
    },
    {
      name: 'a token for another gateway, of another type, too old, or without an end',
      async run(ground) {
        const now = Math.floor(Date.now() / 1000)
        const tries = [
          await token(ground, { aud: 'https://other.example.com' }),
          await token(ground, { aud: [ground.origin('access'), 'https://other.example.com'] }),
          await token(ground, { aud: undefined }),
          await token(ground, {}, { typ: 'JWT' }),
          await token(ground, { exp: now - 120, iat: now - 240 }),
          await token(ground, { exp: undefined }),
          await token(ground, { exp: now + 86_400 }),
          await token(ground, { iat: now + 3_600, exp: now + 3_700 }),
          await token(ground, { jti: undefined }),
        ]
        for (const [index, one] of tries.entries()) {
          const status = await laptopWith(ground, { 'Device-Posture': one })
          must(status === 403, `403 with token ${index + 1}`, status)
        }
      },
    },
    {
      name: 'replay of another device’s token',
      async run(ground) {
        const [owner, thief] = [ground.person(), ground.person()]
        await owner.signIn(`${ground.origin('laptop')}/`, ground.port)
        await thief.signIn(`${ground.origin('laptop')}/`, ground.port)
        const one = await token(ground)
        must((await laptopWith(ground, { 'Device-Posture': one }, owner)) === 200, '200 for its owner', 'no')
        must((await laptopWith(ground, {}, owner)) === 200, 'to be remembered', 'no')
        must((await laptopWith(ground, { 'Device-Posture': one }, thief)) === 403, '403 for the thief', 'no')
        for (const person of [owner, thief]) person.close()
      },
    },
    {
      name: 'an unknown device',
      async run(ground) {
        must((await laptopWith(ground, {})) === 403, '403', 'something else')
      },
    },
  ],
}
