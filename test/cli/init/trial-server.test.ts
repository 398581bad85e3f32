// The trial sign-in's server on loopback: other people and pages on this machine neither begin nor end it.

import { request } from 'undici'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { startTrialServer, type TrialServer } from '../../../src/cli/init/trial-server.ts'

let server: TrialServer
beforeEach(async () => {
  server = await startTrialServer(0, '/callback/default')
  onTestFinished(() => server.stop())
})

async function ask(url: string, headers: Record<string, string> = {}, method: 'GET' | 'POST' = 'GET') {
  const { statusCode, headers: answered, body } = await request(url, { headers, method })
  return { status: statusCode, headers: answered, text: await body.text() }
}

const callback = (query: string): string => `http://127.0.0.1:${server.port}/callback/default?${query}`

test('leads to the provider, and takes the redirect of the same browser once', async () => {
  const arrived = server.callback('https://login.example.com/auth?x=1', 'the-state')
  const start = await ask(server.startUrl)
  expect([start.status, start.headers.location]).toEqual([302, 'https://login.example.com/auth?x=1'])
  const cookie = String(start.headers['set-cookie']).split(';')[0]!
  expect(String(start.headers['set-cookie'])).toMatch(/; HttpOnly; SameSite=Lax; Path=\/callback\/default$/)
  const shown = ask(callback('state=the-state&code=c'), { cookie })
  const found = await arrived
  expect(found.search).toBe('?state=the-state&code=c')
  found.answer('Done & <b>')
  expect(await shown).toMatchObject({ status: 200, text: expect.stringContaining('<p>Done &amp; &lt;b>') })
  expect((await ask(callback('state=the-state&code=again'), { cookie })).status).toBe(404)
})

test.each([
  ['without the cookie of the browser that began', () => callback('state=the-state&code=c'), {}, 400],
  ['with a cookie of its own', () => callback('state=the-state&code=c'), { cookie: 'einlass-trial=x' }, 400],
  ['with a guessed start address', () => `http://127.0.0.1:${server.port}/start/AAAAAAAAAAAA`, {}, 404],
  ['with the Host of another name (DNS rebinding)', () => server.startUrl, { host: 'attacker.example' }, 421],
])('refuses a request %s', async (_what, url, headers, status) => {
  void server.callback('https://login.example.com/auth', 'the-state')
  const answer = await ask(url(), headers)
  expect(answer.status).toBe(status)
  expect(answer.headers.location).toBeUndefined()
})

test('refuses the state of another sign-in, in the right browser', async () => {
  void server.callback('https://login.example.com/auth', 'the-state')
  const cookie = String((await ask(server.startUrl)).headers['set-cookie']).split(';')[0]!
  expect((await ask(callback('state=another&code=c'), { cookie })).status).toBe(400)
})
