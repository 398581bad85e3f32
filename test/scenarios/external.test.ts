// External users on two real nodes: access by grant only, register with last use, review, and end.

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { NodeProcess } from '../support/gateway-process.ts'
import type { Person } from '../support/user-client.ts'
import { startTestEnvironment, type Json, type TestEnvironment } from '../support/test-environment.ts'

let stage: TestEnvironment
let a: NodeProcess
let b: NodeProcess
let miro: Person
let machines: string
const guest = 'company|mailto:miro@partner.example'

beforeAll(async () => {
  stage = await startTestEnvironment({ apps: { machines: { policy: [{ name: 'everybody', allow: {} }] } } })
  await stage.configure((configuration) => {
    ;(configuration['identity'] as Json)['external_people'] = ['miro@partner.example']
  })
  a = await stage.startNode('a')
  b = await stage.startNode('b')
  miro = stage.person('miro')
  machines = stage.origin('machines')
})
afterAll(() => stage?.stop())

test('a grant without a sponsor, or for more than 90 days, is rejected with a reason', async () => {
  const add = (...more: string[]) => a.cli('grants', 'add', '--who', guest, '--app', 'machines', ...more)
  expect(await add('--for', '1h')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('sponsor: required for an external user'),
  })
  const long = await add('--for', '91d', '--sponsor', 'erika@example.com')
  expect(long).toMatchObject({ code: 1, stderr: expect.stringContaining('at most 90 days') })
})

test('a rule for all users applies to them with a grant only; register and review show their last use', async () => {
  const refused = await miro.signIn(`${machines}/`, a.port)
  expect([refused.status, refused.body]).toEqual([403, expect.stringContaining('an account of another organisation')])
  expect((await stage.person('ada').signIn(`${machines}/`, a.port)).status).toBe(200)

  const given = ['--who', guest, '--app', 'machines', '--for', '1h', '--sponsor', 'erika@example.com']
  expect((await a.cli('grants', 'add', ...given, '--contract', 'V-7')).code).toBe(0)
  await expect.poll(async () => (await miro.ask(machines, b.port)).status).toBe(200)
  const socket = await miro.socket(`${machines}/live`, b.port)

  const [line] = JSON.parse((await b.cli('grants', 'external', '--json')).stdout) as Json[]
  expect(line).toMatchObject({ email: 'miro@partner.example', sponsor: 'erika@example.com', contract: 'V-7' })
  expect(Date.now() - (line!['lastUsed'] as number)).toBeLessThan(2 * 3_600_000)
  expect((await a.cli('grants', 'external', '--csv')).stdout).toContain('V-7')

  const report = await a.cli('review', '--app', 'machines')
  expect(report.stdout).toContain('miro@partner.example')
  expect(report.stdout).toContain('The rule "everybody" gives access to every user who can sign in.')
  const draft = JSON.parse((await a.cli('review', '--app', 'machines', '--json')).stdout) as {
    lines: { id: string; way: string }[]
  }
  const { id } = draft.lines.find(({ way }) => way === 'grant')!
  const signed = await a.cli('review', '--app', 'machines', '--end', id, '--reviewer', 'Erika Musterfrau')
  expect(signed).toMatchObject({ code: 0, stdout: expect.stringContaining('1 to end') })
  await expect.poll(() => socket.endedAt(), { timeout: 5_000 }).toBeDefined()
  await expect.poll(async () => (await miro.ask(machines, b.port)).status).toBe(403)

  const [, file] = /reviews\/(\S+\.json)/.exec(signed.stdout)!
  const { sha256, content } = JSON.parse(await readFile(join(stage.folder, 'reviews', file!), 'utf8')) as {
    sha256: string
    content: unknown
  }
  expect(createHash('sha256').update(JSON.stringify(content)).digest('hex')).toBe(sha256)
  await a.event((event) => event.status_detail === 'reviewed' && JSON.stringify(event).includes(sha256))
})
