// Device posture end to end: signed headers, posture tokens and an inventory decide, and a change cuts open connections.

import { createHmac, generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto'
import { rename, writeFile } from 'node:fs/promises'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { title } from '../../src/policy/reasons.ts'
import type { NodeProcess } from '../support/gateway-process.ts'
import type { Person } from '../support/user-client.ts'
import { startTestEnvironment, type TestEnvironment } from '../support/test-environment.ts'

const secret = 'a secret shared with the agent of the laptops'
/** Source address of requests through the agent; all others come from 127.0.0.1. */
const agentNetwork = '127.0.0.2'
const tokenKeys = new Map(
  ['tablet-1', 'tablet-2'].map((id) => [id, generateKeyPairSync('ec', { namedCurve: 'P-256' })]),
)

let stage: TestEnvironment
let a: NodeProcess
let b: NodeProcess
let servers: string

const inventory = (laptop: object): string =>
  JSON.stringify({ devices: { 'laptop-1': { managed: true, disk_encrypted: true, ...laptop }, 'laptop-9': {} } })

beforeAll(async () => {
  stage = await startTestEnvironment({
    apps: {
      servers: { require: { device: 'laptop' }, policy: [{ allow: { groups: ['staff'] } }] },
      wiki: { policy: [{ allow: { groups: ['staff'] } }] },
    },
    more(folder) {
      const jwks = [...tokenKeys].map(([kid, { publicKey }]) => ({ kid, ...publicKey.export({ format: 'jwk' }) }))
      writeFileSync(join(folder, 'device.secret'), secret)
      writeFileSync(join(folder, 'keys.json'), JSON.stringify({ keys: jwks }))
      writeFileSync(join(folder, 'inventory.yaml'), inventory({}))
      return {
        devices: {
          sources: [
            { kind: 'inventory', file: 'inventory.yaml' },
            { kind: 'trusted_header', name: 'agent', networks: [`${agentNetwork}/32`], secret: 'file:device.secret' },
            { kind: 'signed_jwt', name: 'token', keys: 'keys.json' },
          ],
          postures: { laptop: { managed: true, disk_encrypted: true, max_age: '5m' } },
        },
      }
    },
  })
  a = await stage.startNode('a')
  b = await stage.startNode('b')
  servers = stage.origin('servers')
})
afterAll(() => stage?.stop())

type Facts = Readonly<Record<string, string>>

const encrypted: Facts = { 'x-device-managed': 'true', 'x-device-disk-encrypted': 'true' }

/** Signs posture headers as the documentation specifies: one line each, sorted by name. */
function signed(url: string, facts: Facts, key = secret): Record<string, string> {
  const t = Math.floor(Date.now() / 1000)
  const { host, pathname } = new URL(url)
  const lines = Object.entries(facts)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${name}:${value}`)
  const text = ['einlass-device-1', t, 'GET', host, pathname, ...lines].map((line) => `${line}\n`).join('')
  return { ...facts, 'x-device-signature': `t=${t},v1=${createHmac('sha256', key).update(text).digest('hex')}` }
}

async function token(device: string, facts: object = {}, key?: KeyObject): Promise<string> {
  return new SignJWT({ managed: true, disk_encrypted: true, ...facts })
    .setProtectedHeader({ alg: 'ES256', kid: device, typ: 'device-posture+jwt' })
    .setIssuedAt()
    .setExpirationTime('2m')
    .setAudience(stage.gateway)
    .setJti(randomUUID())
    .sign(key ?? tokenKeys.get(device)!.privateKey)
}

async function signedIn(username: string): Promise<Person> {
  const person = stage.person(username)
  await person.signIn(servers, a.port)
  await person.signIn(stage.origin('wiki'), a.port)
  return person
}

async function code(asked: Promise<{ status: number; body: string }>): Promise<[number, string | undefined]> {
  const { status, body } = await asked
  return [status, status === 200 ? undefined : (JSON.parse(body) as { reasons: { code: string }[] }).reasons[0]?.code]
}

describe('signed headers of an agent', () => {
  test('count only from its network and with a valid signature', async () => {
    const erika = await signedIn('erika')
    const url = `${servers}/`
    const facts = { 'x-device-id': 'laptop-1', ...encrypted }
    const ask = (headers: Record<string, string>, from?: string) => code(erika.ask(url, a.port, { headers, from }))
    expect(await ask({}, agentNetwork)).toEqual([403, 'device_unknown'])
    expect(await ask(facts, agentNetwork)).toEqual([403, 'device_unknown'])
    expect(await ask(signed(url, facts), '127.0.0.1')).toEqual([403, 'device_unknown'])
    expect(await ask(signed(url, facts, `${secret}!`), agentNetwork)).toEqual([403, 'device_unknown'])
    expect(await ask({ ...signed(url, facts), 'x-device-id': 'laptop-9' }, agentNetwork)).toEqual([
      403,
      'device_unknown',
    ])
    expect(await ask(signed(url, facts), agentNetwork)).toEqual([200, undefined])
    // A signature for another path is not accepted.
    expect(
      await code(erika.ask(`${servers}/other`, a.port, { headers: signed(url, facts), from: agentNetwork })),
    ).toEqual([403, 'device_unknown'])
  })

  test('with an unencrypted disk lead to a denial that states the reason', async () => {
    const erika = await signedIn('erika')
    const url = `${servers}/`
    const headers = signed(url, {
      'x-device-id': 'laptop-2',
      'x-device-managed': 'true',
      'x-device-disk-encrypted': 'false',
    })
    expect(await code(erika.ask(url, a.port, { headers, from: agentNetwork }))).toEqual([403, 'device_not_compliant'])
    const page = await erika.ask(url, a.port, { headers, from: agentNetwork, page: true })
    expect(page.body).toContain(title('device_not_compliant', 'en'))
  })

  test('a device that is no longer compliant in the inventory is cut on both nodes', async ({ annotate }) => {
    const erika = await signedIn('erika')
    const live = `${servers}/live`
    const facts = { 'x-device-id': 'laptop-1', ...encrypted }
    const open = await Promise.all(
      [a, b].map((node) => erika.socket(live, node.port, { headers: signed(live, facts), from: agentNetwork })),
    )
    const wiki = await erika.socket(`${stage.origin('wiki')}/live`, a.port)
    const since = Date.now()
    const file = join(stage.folder, 'inventory.yaml')
    await writeFile(`${file}.new`, inventory({ disk_encrypted: false }))
    await rename(`${file}.new`, file)
    await Promise.race([Promise.all(open.map(({ ended }) => ended)), pause(4_000)])
    for (const [index, socket] of open.entries()) {
      expect(socket.endedAt(), `node ${index}`).toBeDefined()
      await annotate(`inventory changed: cut after ${socket.lastAt() - since} ms`)
      // Each node watches the file itself.
      expect(socket.lastAt() - since).toBeLessThan(1_000)
    }
    await wiki.echo('unconcerned')
    const again = { headers: signed(`${servers}/`, facts), from: agentNetwork, page: true }
    const page = await erika.ask(`${servers}/`, a.port, again)
    expect(page.status).toBe(403)
    expect(page.body).toContain(title('device_not_compliant', 'en'))
  })

  test('with a worse posture cut open connections on both nodes', async ({ annotate }) => {
    const thomas = await signedIn('thomas')
    const live = `${servers}/live`
    const facts = { 'x-device-id': 'laptop-3', ...encrypted }
    const ask = { headers: signed(live, facts), from: agentNetwork }
    const [here, there] = [await thomas.socket(live, a.port, ask), await thomas.socket(live, b.port, ask)]
    const since = Date.now()
    const worse = signed(`${servers}/`, { ...facts, 'x-device-disk-encrypted': 'false' })
    expect(await code(thomas.ask(`${servers}/`, a.port, { headers: worse, from: agentNetwork }))).toEqual([
      403,
      'device_not_compliant',
    ])
    await Promise.race([Promise.all([here.ended, there.ended]), pause(4_000)])
    await annotate(`posture change: ${here.lastAt() - since} ms here, ${there.lastAt() - since} ms on the other node`)
    expect(here.endedAt()).toBeDefined()
    expect(here.lastAt() - since).toBeLessThan(1_000)
    expect(there.endedAt()).toBeDefined()
    expect(there.lastAt() - since).toBeLessThan(2_000)
  })
})

describe('signed tokens of a device', () => {
  test('are accepted once each, bind the session to the device, and another device ends the session', async () => {
    const ada = await signedIn('ada')
    const ask = async (posture: string | undefined, node = a) =>
      code(ada.ask(`${servers}/`, node.port, { headers: posture === undefined ? {} : { 'device-posture': posture } }))
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    expect(await ask(undefined)).toEqual([403, 'device_unknown'])
    expect(await ask(await token('tablet-1', {}, stranger))).toEqual([403, 'device_unknown'])
    const first = await token('tablet-1')
    expect(await ask(first)).toEqual([200, undefined])
    expect(await ask(undefined)).toEqual([200, undefined])
    expect(await ask(undefined, b)).toEqual([200, undefined])

    const thief = await signedIn('erika')
    expect(await code(thief.ask(`${servers}/`, b.port, { headers: { 'device-posture': first } }))).toEqual([
      403,
      'device_unknown',
    ])

    const socket = await ada.socket(`${servers}/live`, b.port)
    expect(await ask(await token('tablet-2'))).toEqual([403, 'device_mismatch'])
    await Promise.race([socket.ended, pause(3_000)])
    expect(socket.endedAt(), 'the session is over').toBeDefined()
    expect(await ask(await token('tablet-1'))).toEqual([401, 'session_revoked'])
  })
})

test('posture headers of a client never reach an app, in any spelling', async () => {
  const erika = await signedIn('erika')
  const url = `${stage.origin('wiki')}/headers`
  const forged = {
    'X-Device-Id': 'laptop-1',
    X_Device_Compliant: 'true',
    'X-DEVICE-managed': 'true',
    'x.device.owner': 'erika',
    'Device-Posture': 'e30.e30.',
    device_posture: 'e30',
    'X-Einlass-Jwt-Assertion': 'e30.e30.',
  }
  expect((await erika.ask(url, a.port, { headers: forged })).status).toBe(200)
  const { headers } = stage.app.reached.findLast((one) => one.url === '/headers')!
  const names = headers.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase().replace(/[^a-z]/g, '-'))
  expect(names.filter((name) => name.includes('device'))).toEqual([])
  const assertion = headers[headers.findIndex((name) => name.toLowerCase() === 'x-einlass-jwt-assertion') + 1]
  expect(assertion).not.toBe('e30.e30.')
})
