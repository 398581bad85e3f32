// Notifications of access requests end to end: approvers get a mail with a link to the request, and the requester gets
// one with the decision.

import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { NodeProcess } from '../support/gateway-process.ts'
import type { Answer, Person } from '../support/user-client.ts'
import { startSmtpServer, type ReceivedMail, type SmtpServer } from '../support/smtp-server.ts'
import { startTestEnvironment, type TestEnvironment } from '../support/test-environment.ts'

let stage: TestEnvironment
let node: NodeProcess
let mail: SmtpServer

beforeAll(async () => {
  stage = await startTestEnvironment({
    apps: {
      machines: {
        policy: [{ name: 'granted', allow: { grant: 'required' } }],
        requests: {
          eligible: { groups: ['technicians'] },
          approvers: { users: ['erika@example.com', 'thomas@example.com'] },
          max_duration: '4h',
        },
      },
    },
  })
  mail = await startSmtpServer()
  node = await stage.startNode('a', {
    audit: {
      file: { path: join(stage.folder, 'a.jsonl') },
      sinks: [
        {
          kind: 'mail',
          url: `smtp://127.0.0.1:${mail.port}`,
          from: 'einlass@example.com',
          to: ['approvers', 'requester', 'sponsor'],
        },
      ],
    },
  })
})
afterAll(async () => {
  await stage?.stop()
  await mail?.close()
})

function send(person: Person, path: string, fields: Record<string, string>): Promise<Answer> {
  const body = new URLSearchParams(fields).toString()
  return person.ask(`${stage.gateway}${path}`, node.port, { method: 'POST', body, page: true })
}

function textOf({ raw }: ReceivedMail): string {
  return raw
    .replaceAll('=\n', '')
    .replaceAll(/=([0-9A-F]{2})/g, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16)))
}

const patience = { timeout: 10_000, interval: 50 }
const to = (address: string) => mail.mails.filter((one) => one.to.includes(address))

test('the approver gets a mail, its link requires sign-in, and the requester gets a mail about the decision', async () => {
  const miro = stage.person('miro')
  await miro.signIn(`${stage.gateway}/`, node.port)
  const reason = 'Press 4\r\nBcc: everybody@example.com'
  const hour = String(3_600_000)
  const asked = await send(miro, '/requests/new', {
    app: 'machines',
    level: 'full',
    begin: 'now',
    reason,
    length: hour,
  })
  expect(asked.status).toBe(303)

  await vi.waitFor(() => {
    expect(to('erika@example.com')).toHaveLength(1)
    expect(to('thomas@example.com')).toHaveLength(1)
  }, patience)
  expect(mail.mails.flatMap((one) => one.to)).not.toContain('everybody@example.com')
  const told = textOf(to('erika@example.com')[0]!)
  expect(told).toContain('Press 4')
  const link = new RegExp(`${RegExp.escape(stage.gateway)}/approvals/[\\w-]+`).exec(told)![0]

  const erika = stage.person('erika')
  const unknown = await erika.ask(link, node.port, { page: true })
  expect(unknown.status).toBe(303)
  expect(unknown.headers.location).toContain('/sign-in')
  const seen = await erika.signIn(link, node.port)
  expect(seen.status).toBe(200)
  expect(seen.body).toContain('Press 4')

  const path = new URL(link).pathname
  expect((await send(erika, path, { act: 'approve', level: 'full', length: String(600_000) })).status).toBe(303)
  await vi.waitFor(() => expect(to('miro@partner.example').length).toBeGreaterThan(0), patience)
  expect(textOf(to('miro@partner.example')[0]!)).toMatch(/machines/i)
  // Mails contain no secrets.
  const cookies = [miro, erika].flatMap((one) => one.jar.value(new URL(stage.gateway).hostname, '__Host-einlass') ?? [])
  expect(cookies.length).toBeGreaterThan(0)
  for (const cookie of cookies) expect(mail.mails.map(({ raw }) => raw).join()).not.toContain(cookie)
})
