// Behind a trusted proxy: an address it states unreadably or not at all is unknown to rules, limits, log, audit and app.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { NodeProcess } from '../support/gateway-process.ts'
import type { Answer, Person } from '../support/user-client.ts'
import { startTestEnvironment, type TestEnvironment } from '../support/test-environment.ts'

const front = '127.0.0.5'
const staff = { groups: ['staff'] }

let stage: TestEnvironment
let node: NodeProcess
let erika: Person

beforeAll(async () => {
  stage = await startTestEnvironment({
    apps: {
      office: { policy: [{ allow: { ...staff, networks: ['office'] } }] },
      guests: { policy: [{ deny: { networks: ['guests'] } }, { allow: staff }] },
      elsewhere: { policy: [{ allow: { ...staff, not: { networks: ['guests'] } } }] },
      open: { policy: [{ allow: staff }] },
    },
    more: () => ({
      gateway: { trusted_proxies: [`${front}/32`] },
      networks: { office: [`${front}/32`, '192.0.2.0/24'], guests: ['203.0.113.0/24'] },
      limits: { sign_ins_per_minute: 10 },
    }),
  })
  node = await stage.startNode('a')
  erika = stage.person('erika')
  for (const app of ['office', 'guests', 'elsewhere', 'open']) await erika.signIn(stage.origin(app), node.port)
})
afterAll(() => stage?.stop())

function ask(app: string, stated: string | undefined, from = front): Promise<Answer> {
  const headers: Record<string, string> = stated === undefined ? {} : { 'X-Forwarded-For': stated }
  return erika.ask(stage.origin(app), node.port, { headers, from })
}
const statuses = async (stated: string | undefined, from?: string) => {
  const answers = []
  for (const app of ['office', 'guests', 'elsewhere', 'open']) answers.push((await ask(app, stated, from)).status)
  return answers
}

test.each([
  ['192.0.2.7:51234', [200, 200, 200, 200]],
  ['"192.0.2.7:51234"', [200, 200, 200, 200]],
  ['203.0.113.9:51234', [403, 403, 403, 200]],
  ['[::ffff:203.0.113.9]:443', [403, 403, 403, 200]],
])('rules apply to the address stated as %s', async (stated, expected) => {
  expect(await statuses(stated)).toEqual(expected)
})

describe.each([undefined, 'unknown', '_hidden', '', '192.0.2.7,', `192.0.2.7, ${front}x`, front])(
  'an address stated as %j',
  (stated) => {
    test('meets no rule with networks, and disarms no deny', async () => {
      expect(await statuses(stated)).toEqual([403, 403, 403, 200])
    })
  },
)

test('the denial says that the network cannot be determined, not that it is the wrong one', async () => {
  const { body } = await erika.ask(stage.origin('office'), node.port, { from: front, page: true })
  expect(body).toContain('Your network cannot be determined')
  expect(body).not.toContain('Not from this network')
})

test('a peer that is no trusted proxy states nothing', async () => {
  expect(await statuses('192.0.2.7', '127.0.0.9')).toEqual([403, 200, 200, 200])
})

test('the audit says unknown and names the proxy, and the decision can be replayed', async () => {
  const answer = await ask('office', 'unknown')
  const id = answer.headers['x-request-id']
  const event = await node.event(({ metadata }) => metadata.correlation_uid === id)
  expect(event['src_endpoint']).toMatchObject({ name: `unknown via ${front}` })
  expect(event['src_endpoint']).not.toHaveProperty('ip')
  expect(event).toMatchObject({ unmapped: { decision_input: { network: { names: [] } } } })
  expect(JSON.stringify(event)).not.toContain('"address":')
  expect(event.status_detail).toBe('network_unknown')
})

test('the application is told unknown, not the address of the proxy or of the gateway', async () => {
  const { body } = await ask('open', '_hidden')
  expect(JSON.parse(body)).toMatchObject({ headers: { 'x-forwarded-for': 'unknown' } })
})

test('the log tells the proxy and the cause, once a minute', async () => {
  for (let i = 0; i < 20; i++) await ask('open', 'unknown')
  const lines = node
    .output()
    .split('\n')
    .filter((line) => line.includes('does not state the address of its client'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  const unreadable = lines.filter(({ detail }) => detail === 'x_forwarded_for_unreadable')
  expect(unreadable.length).toBeGreaterThan(0)
  expect(unreadable.length).toBeLessThan(3)
  expect(unreadable[0]).toMatchObject({ proxy: front, requests: 1 })
})

test('sign-ins from unknown addresses have a limit of their own: it shuts nobody else out', async () => {
  const stranger = stage.person('nobody')
  const start = (stated: string) =>
    stranger.ask(`${stage.gateway}/sign-in`, node.port, {
      page: true,
      from: front,
      headers: { 'X-Forwarded-For': stated },
    })
  let refused = 0
  for (let i = 0; i < 30; i++) if ((await start(`_x${i}`)).status === 429) refused++
  expect(refused).toBeGreaterThan(10)
  expect((await start('198.51.100.1:1234')).status).not.toBe(429)
  const direct = await stranger.ask(`${stage.gateway}/sign-in`, node.port, { page: true, from: '127.0.0.9' })
  expect(direct.status).not.toBe(429)
})

test.each(['httpsx', 'http, on', ''])('a scheme stated as %j is refused', async (scheme) => {
  const headers = { 'X-Forwarded-For': '192.0.2.7', 'X-Forwarded-Proto': scheme }
  expect((await erika.ask(stage.origin('open'), node.port, { from: front, headers })).status).toBe(400)
  const elsewhere = await erika.ask(stage.origin('open'), node.port, { from: '127.0.0.9', headers })
  expect(elsewhere.status).toBe(200)
})

test('host and port stated by anybody change nothing', async () => {
  const headers = { 'X-Forwarded-For': '192.0.2.7', 'X-Forwarded-Host': 'office.localhost', 'X-Forwarded-Port': '1' }
  const { body } = await erika.ask(stage.origin('open'), node.port, { from: front, headers })
  const { host } = new URL(stage.origin('open'))
  expect(JSON.parse(body)).toMatchObject({ headers: { 'x-forwarded-host': host } })
})
