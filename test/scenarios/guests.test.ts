// Guests on two nodes with one Redis: codes, tries, sessions and passkeys are the same everywhere.

import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { companyIdentity } from '../support/company-identity.ts'
import type { NodeProcess } from '../support/gateway-process.ts'
import { codeFor, guestBrowser, signInAsGuest, withGuests } from '../support/guest.ts'
import {
  createPasskey,
  optionsIn,
  usePasskey,
  type CreationOptions,
  type RequestOptions,
} from '../support/software-authenticator.ts'
import { startSmtpServer, type SmtpServer } from '../support/smtp-server.ts'
import { startTestEnvironment, type TestEnvironment } from '../support/test-environment.ts'

let stage: TestEnvironment
let smtp: SmtpServer
let a: NodeProcess
let b: NodeProcess
const day = 86_400_000

beforeAll(async () => {
  smtp = await startSmtpServer()
  stage = await startTestEnvironment({
    apps: {
      erp: { policy: [{ allow: { grant: 'required' } }] },
      lab: { policy: [{ allow: { grant: 'required', mfa: { level: 'phishing_resistant' } } }] },
    },
  })
  a = await startNode('a')
  b = await startNode('b')
})
afterAll(async () => {
  await stage?.stop()
  await smtp?.close()
})

function startNode(name: string): Promise<NodeProcess> {
  const own = {
    identity: companyIdentity(stage.provider.issuer, { essential: true }),
    audit: {
      file: { path: join(stage.folder, `${name}.jsonl`) },
      spool: { path: join(stage.folder, `spool-${name}`) },
    },
  }
  withGuests(own, smtp)
  return stage.startNode(name, own)
}

/** Given at run time, on node a. Returns the id. */
async function give(email: string, app: string): Promise<string> {
  const from = Date.now() - day
  const grant = {
    who: `guests|mailto:${email}`,
    app,
    level: 'full',
    from,
    until: from + 30 * day,
    sponsor: 'erika@example.com',
  }
  const { status, value } = await a.admin('POST', '/grants', grant)
  expect([status, value]).toEqual([200, expect.anything()])
  return (value as { id: string }).id
}

describe('guests on two nodes', () => {
  test('a grant of this moment lets a guest in, and the code of one node works on the other', async () => {
    await give('ann@supplier.example', 'erp')
    const person = stage.person('ann')
    const page = await guestBrowser(person, a.port).submit(
      await guestBrowser(person, a.port).open(`${stage.gateway}/sign-in/guest`),
      { email: 'ann@supplier.example' },
    )
    const code = await codeFor(smtp, 'ann@supplier.example')
    const done = await guestBrowser(person, b.port).submit(page, { code })
    expect([done.status, done.url.pathname]).toEqual([200, '/'])
    expect(done.body).toContain('erp')
    const app = await guestBrowser(person, a.port).open(`${stage.origin('erp')}/`)
    expect([app.status, app.url.href]).toEqual([200, `${stage.origin('erp')}/`])
  })

  test('five tries are five over both', async () => {
    await give('bob@supplier.example', 'erp')
    const person = stage.person('bob')
    const nodes = [a, b].map(({ port }) => guestBrowser(person, port))
    const page = await nodes[0]!.submit(await nodes[0]!.open(`${stage.gateway}/sign-in/guest`), {
      email: 'bob@supplier.example',
    })
    const code = await codeFor(smtp, 'bob@supplier.example')
    const attempt = page.url.searchParams.get('attempt')!
    const enter = (guess: string, node: NodeProcess) =>
      person.ask(`${stage.gateway}/sign-in/guest/code`, node.port, {
        method: 'POST',
        page: true,
        body: new URLSearchParams({ attempt, code: guess }).toString(),
      })
    const wrong = code.replace(/^./, (digit) => String((Number(digit) + 1) % 10))
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => enter(wrong, index % 2 === 0 ? a : b)))
    // Four at most: after the fifth the code is gone, also for an earlier try that is still being compared.
    const told = answers.filter(({ body }) => /more tr(?:y|ies)/.test(body)).length
    expect(told).toBeGreaterThan(0)
    expect(told).toBeLessThanOrEqual(4)
    expect((await enter(code, b)).body).toContain('used up')
  })

  test('a grant revoked on one ends the session on the other, open streams as well', async () => {
    const id = await give('cem@supplier.example', 'erp')
    const person = stage.person('cem')
    const browser = guestBrowser(person, b.port)
    await signInAsGuest(browser, smtp, `${stage.origin('erp')}/`, 'cem@supplier.example')
    const stream = await person.stream(`${stage.origin('erp')}/events`, b.port)
    expect((await a.admin('POST', '/grants/revoke', { id })).status).toBe(200)
    const at = Date.now()
    await stream.ended
    expect(stream.lastAt() - at).toBeLessThan(2_000)
    await expect.poll(async () => (await person.ask(`${stage.gateway}/`, b.port)).status, { timeout: 4_000 }).toBe(303)
  })

  test('a passkey added on one node confirms on the other, once', async () => {
    await give('dan@supplier.example', 'lab')
    const person = stage.person('dan')
    const [first, second] = [a, b].map(({ port }) => guestBrowser(person, port)) as [
      ReturnType<typeof guestBrowser>,
      ReturnType<typeof guestBrowser>,
    ]
    await signInAsGuest(first, smtp, `${stage.origin('lab')}/`, 'dan@supplier.example')
    const list = await first.open(`${stage.gateway}/account/passkeys`)
    const made = createPasskey(optionsIn<CreationOptions>(list.body)!, stage.gateway)
    expect((await first.submit(list, { credential: made.json, name: 'Key' })).status).toBe(200)
    const page = await second.open(`${stage.gateway}/sign-in/passkey`)
    const credential = usePasskey(made.passkey, optionsIn<RequestOptions>(page.body)!, stage.gateway)
    const twice = await Promise.all([first.submit(page, { credential }), second.submit(page, { credential })])
    expect(twice.filter(({ status }) => status === 200)).toHaveLength(1)
    const lab = await first.open(`${stage.origin('lab')}/`)
    expect([lab.status, lab.url.href]).toEqual([200, `${stage.origin('lab')}/`])
  })

  test('passkeys of a lost device are removed by command, with the sessions of that guest', async () => {
    expect(await a.cli('passkeys', 'list')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('dan@supplier.example  Key'),
    })
    const removed = await a.cli('passkeys', 'remove', 'Dan@supplier.example')
    expect(removed).toMatchObject({ code: 0, stdout: 'removed 1 of Dan@supplier.example, ended 1 sessions\n' })
    expect(await a.cli('passkeys', 'remove', 'dan@supplier.example')).toMatchObject({ code: 1 })
    expect((await b.admin('GET', '/passkeys')).value).toEqual([])
    // The next sign-in may add another.
    const browser = guestBrowser(stage.person('dan'), b.port)
    const page = await signInAsGuest(browser, smtp, `${stage.origin('lab')}/`, 'dan@supplier.example')
    expect(page.body).toContain('A passkey is needed here')
  })
})
