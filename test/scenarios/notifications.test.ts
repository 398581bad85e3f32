// Notifications never block requests: mail servers hang, webhooks are unreachable, the process is killed; users go on
// working, and every notification is delivered in the end.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startHttpReceiver, type HttpReceiver } from '../support/http-receiver.ts'
import type { NodeProcess } from '../support/gateway-process.ts'
import { startSmtpServer, type SmtpServer } from '../support/smtp-server.ts'
import { startTestEnvironment, type Json, type TestEnvironment } from '../support/test-environment.ts'

let stage: TestEnvironment
let node: NodeProcess
let mail: SmtpServer
let webhook: HttpReceiver
let chat: HttpReceiver
let own: Json

beforeAll(async () => {
  stage = await startTestEnvironment({
    apps: {
      wiki: { policy: [{ name: 'staff', allow: { groups: ['staff'] } }] },
      erp: { policy: [{ allow: { grant: 'required' } }] },
    },
  })
  mail = await startSmtpServer()
  webhook = await startHttpReceiver()
  chat = await startHttpReceiver()
  mail.manners = { greeting: 'silence' }
  chat.answer = 503
  own = {
    audit: {
      file: { path: join(stage.folder, 'a.jsonl') },
      sinks: [
        { kind: 'mail', url: `smtp://127.0.0.1:${mail.port}`, from: 'einlass@example.com', to: 'it@example.com' },
        { kind: 'webhook', url: webhook.url, secret: 'x'.repeat(32), events: ['grant', 'authentication'] },
        { kind: 'slack', url: chat.url, language: 'de' },
      ],
    },
  }
  node = await stage.startNode('a', own)
})
afterAll(async () => {
  await stage?.stop()
  for (const peer of [mail, webhook, chat]) await peer?.close()
})

const patience = { timeout: 10_000 }

test('while one mail server hangs and one webhook is unreachable, requests work and other targets are notified', async () => {
  const erika = stage.person('erika')
  await erika.signIn(stage.origin('wiki'), node.port)
  const given = await node.cli('grants', 'add', '--who', 'company|miro', '--app', 'erp', '--for', '1h', '--json')
  expect(given.code).toBe(0)
  await vi.waitFor(() => expect(mail.visits).toBe(1), patience)
  for (let turn = 0; turn < 50; turn++) {
    expect((await erika.ask(`${stage.origin('wiki')}/page/${turn}`, node.port)).status).toBe(200)
  }
  // None of them waited: the hanging mail server still has its first connection only.
  expect(mail.visits).toBe(1)
  await vi.waitFor(() => {
    expect(webhook.taken.map(({ body }) => JSON.parse(body).class_uid)).toEqual(expect.arrayContaining([3002, 3005]))
  }, patience)
  expect(webhook.taken.map(({ body }) => body).join()).not.toContain('"class_uid":4002')
})

test('the status shows which target fails, and since when', async () => {
  await vi.waitFor(async () => {
    const { code, stdout } = await node.cli('status')
    expect(code).toBe(1)
    expect(stdout).toMatch(/^delivery +webhook delivers: \d+ delivered, 0 waiting, 0 dead$/m)
    expect(stdout).toMatch(/^delivery +slack CANNOT DELIVER: 0 delivered, 1 waiting \(oldest .*\), 0 dead$/m)
    expect(stdout).toMatch(/^! audit: slack cannot deliver since .*: status 503; 1 messages wait$/m)
  }, patience)
  const status = JSON.parse((await node.cli('status', '--json')).stdout)
  const slack = status.audit.sinks.find(({ name }: { name: string }) => name === 'slack')
  expect(slack).toMatchObject({ state: 'working', lost: 0, delivery: { waiting: 1, error: 'status 503' } })
  expect(JSON.stringify(status)).not.toContain(`${chat.port}`)
})

test('after kill -9 and a restart with working peers everything is delivered', async () => {
  expect(existsSync(join(stage.folder, 'spool', 'mail'))).toBe(true)
  await node.kill9()
  mail.manners = {}
  chat.answer = 200
  node = await stage.startNode('a', own)
  await vi.waitFor(() => {
    expect(mail.mails).toHaveLength(1)
    expect(chat.taken).toHaveLength(1)
  }, patience)
  expect(mail.mails[0]!.raw).toContain('Access granted')
  expect(JSON.parse(chat.taken[0]!.body).text).toMatch(/^Zugang erteilt: /)
  expect((await node.cli('status')).stdout).not.toContain('cannot deliver')
})

test('shutdown does not wait for peers and loses nothing', async () => {
  mail.manners = { data: 'silence' }
  await node.cli('grants', 'add', '--who', 'company|ada', '--app', 'erp', '--for', '1h')
  const visits = mail.visits
  await vi.waitFor(() => expect(mail.visits).toBeGreaterThanOrEqual(Math.max(visits, 2)), patience)
  expect(await node.stop()).toBe(0)
  mail.manners = {}
  node = await stage.startNode('a', own)
  await vi.waitFor(() => expect(mail.mails).toHaveLength(2), patience)
})
