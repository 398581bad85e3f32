// Audit trail end to end: every request and change is recorded exactly once as valid OCSF, without secrets.

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AuditLine, NodeProcess } from '../support/gateway-process.ts'
import { ocsfProblems, schemaAtHand } from '../support/ocsf-validator.ts'
import type { Person } from '../support/user-client.ts'
import { startTestEnvironment, type TestEnvironment } from '../support/test-environment.ts'

let stage: TestEnvironment
let node: NodeProcess
let lines: AuditLine[]
/** Expected decisions: number allowed, ids of denied requests, number without a session. */
const expected = { allowed: 0, refused: [] as string[], strangers: 0 }
const secrets = new Map<string, string>()

const marker = { query: 'q-7f3a9c51', body: 'b-51c9a3f7', bearer: 't-0d1e2f3a4b5c', cookie: 'c-9a8b7c6d5e4f' }

beforeAll(async () => {
  stage = await startTestEnvironment({
    apps: {
      wiki: { policy: [{ name: 'staff', allow: { groups: ['staff'] } }] },
      erp: { policy: [{ allow: { grant: 'required' } }] },
    },
    more: () => ({ audit: { rotate: '64KB', keep: 200 } }),
  })
  node = await stage.startNode('a')
  const erika = stage.person('erika')
  const miro = stage.person('miro')
  await produceEvents(erika, miro)
  expect(await node.stop()).toBe(0)
  lines = await node.audit()
})
afterAll(() => stage?.stop())

/** Produces each kind of event at least once: sign-in, sign-out, requests, streams, denials, grants, reloads. */
async function produceEvents(erika: Person, miro: Person): Promise<void> {
  const [wiki, erp] = [stage.origin('wiki'), stage.origin('erp')]
  // A sign-in sends two requests to the app: the first is redirected, the second allowed or denied.
  await erika.signIn(`${wiki}/first?token=${marker.query}`, node.port)
  await miro.signIn(wiki, node.port)
  expected.allowed += 1
  expected.strangers += 2

  const asked = {
    method: 'POST',
    body: `password=${marker.body}`,
    headers: {
      authorization: `Bearer ${marker.bearer}`,
      'user-agent': 'a"b\\c\u00e9',
      referer: `${wiki}/?${marker.query}`,
    },
  }
  for (let turn = 0; turn < 40; turn++) {
    expect((await erika.ask(`${wiki}/page/${turn}?secret=${marker.query}`, node.port, asked)).status).toBe(200)
    expected.allowed += 1
    const refused = await miro.ask(`${wiki}/page/${turn}?secret=${marker.query}`, node.port, asked)
    expect(refused.status).toBe(403)
    expected.refused.push(String(refused.headers['x-request-id']))
  }
  const stranger = stage.person('ada')
  const guess = { headers: { cookie: `__Host-einlass=${marker.cookie.padEnd(43, 'x')}; other=${marker.cookie}` } }
  expect((await stranger.ask(`${wiki}/?${marker.query}`, node.port, guess)).status).toBe(401)
  expected.strangers += 1

  const socket = await erika.socket(`${wiki}/live`, node.port)
  const events = await erika.stream(`${wiki}/events`, node.port)
  expected.allowed += 2
  const given = await node.cli('grants', 'add', '--who', 'company|miro', '--app', 'erp', '--for', '1h', '--json')
  await miro.signIn(erp, node.port)
  expected.allowed += 1
  expected.strangers += 1
  await node.cli('grants', 'revoke', (JSON.parse(given.stdout) as { id: string }).id)
  await stage.save('a', 'apps: nonsense\n')
  await node.event((line) => line.class_uid === 3004 && line.status_detail === 'refused')
  for (const person of [erika, miro]) {
    for (const host of ['wiki', 'erp', 'access'].map((name) => `${name}.localhost`)) {
      for (const name of person.jar.names(host)) secrets.set(`${host} ${name}`, person.jar.value(host, name)!)
    }
  }
  await node.admin('POST', '/sessions/end', { user: 'erika@example.com' })
  await Promise.all([socket.ended, events.ended])
  await miro.ask(`${wiki}/.einlass/sign-out`, node.port, { method: 'POST', page: true, body: '' })
}

const access = (): AuditLine[] => lines.filter((line) => line.class_uid === 4002)

test(`every event is valid OCSF${schemaAtHand ? '' : ' (own contract only: the OCSF schema is not available)'}`, () => {
  const problems = lines.flatMap((line, index) => ocsfProblems(line).map((problem) => `line ${index + 1}: ${problem}`))
  expect(problems).toEqual([])
  expect([...new Set(lines.map((line) => line.class_uid))].toSorted()).toEqual([3002, 3004, 3005, 4002])
})

test('every request is recorded exactly once, with the request id the app received', () => {
  const ids = access().map((line) => line.metadata.correlation_uid)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.length).toBe(expected.allowed + expected.refused.length + expected.strangers + 1)
  for (const { id } of stage.app.reached) expect(ids).toContain(id)
  for (const id of expected.refused) expect(ids).toContain(id)
  expect(stage.app.reached.length).toBe(expected.allowed)
})

test('every denial has a reason, and every ended stream is marked as cut', () => {
  const refused = access().filter((line) => line['action'] !== 'Allowed')
  expect(refused.length).toBeGreaterThanOrEqual(expected.refused.length + expected.strangers)
  for (const line of refused) expect(line.status_detail, line.metadata.uid).toMatch(/^[a-z_]+$/)
  const cut = access().filter((line) => (line['unmapped'] as { end: string }).end === 'cut')
  expect(cut.map((line) => line.status_detail)).toEqual(['session_revoked', 'session_revoked'])
})

test('sequence numbers have no gap', () => {
  expect(lines.map((line) => line.metadata.sequence)).toEqual(
    lines.map((_, index) => lines[0]!.metadata.sequence + index),
  )
})

test('sign-ins, sign-outs, grants and configuration changes are recorded', () => {
  const activities = (uid: number) =>
    lines.filter((line) => line.class_uid === uid).map((line) => line['activity_name'])
  expect(activities(3002).filter((name) => name === 'Logon')).toHaveLength(2)
  expect(activities(3002).filter((name) => name === 'Logoff')).toHaveLength(2)
  expect(activities(3005)).toEqual(['Assign Privileges', 'Revoke Privileges'])
  expect(lines.filter((line) => line.class_uid === 3004).map((line) => line.status_detail)).toEqual([
    'applied',
    'refused',
  ])
})

test('no cookie, token, secret, query or body is in the audit or in the log', async () => {
  for (const file of ['client.secret', 'secret.key'])
    secrets.set(file, await readFile(join(stage.folder, file), 'utf8'))
  for (const [name, value] of Object.entries(marker)) secrets.set(name, value)
  expect(secrets.size).toBeGreaterThan(8)
  const everything = { audit: lines.map((line) => JSON.stringify(line)).join('\n'), log: node.output() }
  for (const [where, text] of Object.entries(everything)) {
    for (const [name, secret] of secrets) expect(text.includes(secret), `${name} in the ${where}`).toBe(false)
    expect(text).not.toMatch(/eyJ[\w-]+\.[\w-]+\.[\w-]+/)
    expect(text).not.toMatch(/[?&](?:ticket|code|state|journey)=/)
  }
})

test('the file is rotated at its size limit, at line ends', async () => {
  const files = (await readdir(stage.folder)).filter((file) => file.startsWith('a.jsonl'))
  expect(files.length).toBeGreaterThan(2)
  for (const file of files) {
    const text = await readFile(join(stage.folder, file), 'utf8')
    expect(text.length).toBeLessThan(96 * 1024)
    expect(text.endsWith('\n')).toBe(true)
  }
})
