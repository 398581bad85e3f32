// Apps of the demo: verification of the gateway's assertion, escaping, live connections.

import { createServer } from 'node:http'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { startApps, type DemoApps } from '../../../src/demo/apps/apps.ts'
import { listen } from '../../../src/demo/listen.ts'
import { createTourClient } from '../../../src/demo/tour/client.ts'

const origins = {
  wiki: 'http://wiki.localhost:1',
  payroll: 'http://payroll.localhost:1',
  machines: 'http://machines.localhost:1',
  servers: 'http://servers.localhost:1',
}
const client = createTourClient()
let running: DemoApps
let issuer: string
let assertion: (audience: string, key?: CryptoKey) => Promise<string>
const keys = createServer()

beforeAll(async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256' }
  keys.on('request', (request, response) => {
    response
      .writeHead(request.url === '/.well-known/einlass/jwks.json' ? 200 : 404)
      .end(JSON.stringify({ keys: [jwk] }))
  })
  issuer = `http://access.localhost:${await listen(keys, 0)}`
  running = await startApps({ gateway: issuer, origins })
  assertion = (audience, key = privateKey) =>
    new SignJWT({ email: 'erika@example.com' })
      .setProtectedHeader({ alg: 'ES256', kid: 'k' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject('erika')
      .setIssuedAt()
      .setExpirationTime('1m')
      .sign(key)
})

afterAll(async () => {
  client.close()
  await running?.stop()
  keys.closeAllConnections()
  await new Promise((resolve) => keys.close(resolve))
})

test('verifies and shows an assertion for this app, signed by the gateway', async () => {
  const headers = { 'x-einlass-jwt-assertion': await assertion(origins.wiki) }
  const page = await client.go(`${running.apps.wiki.upstream}/page/7`, { headers })
  expect(page.body).toContain('data-page="7"')
  expect(page.body).toContain('data-assertion="verified"')
  const told = JSON.parse((await client.go(`${running.apps.wiki.upstream}/received`, { headers })).body)
  expect(told.assertion).toMatchObject({ state: 'verified', claims: { sub: 'erika' } })
})

test('rejects an assertion for another app, or by another key', async () => {
  const foreign = await generateKeyPair('ES256')
  const elsewhere = { 'x-einlass-jwt-assertion': await assertion(origins.wiki) }
  const forged = { 'x-einlass-jwt-assertion': await assertion(origins.payroll, foreign.privateKey) }
  for (const headers of [elsewhere, forged]) {
    const seen = await client.go(`${running.apps.payroll.upstream}/`, { headers })
    expect(seen.status).toBe(401)
    expect(seen.body).toContain('assertion is invalid')
  }
  const twice = await client.go(`${running.apps.payroll.upstream}/`)
  expect(twice.status).toBe(401)
  expect(twice.body).toContain('The request has no assertion')
})

test('escapes received headers in pages', async () => {
  const page = await client.go(`${running.apps.wiki.upstream}/`, { headers: { 'x-note': '<script>alert(1)</script>' } })
  expect(page.body).not.toContain('<script>alert')
  expect(page.body).toContain('&lt;script&gt;alert(1)')
})

test('the machines app sends readings over a WebSocket and an event stream, and stops without leftover timers', async () => {
  const { upstream } = running.apps.machines
  const socket = new WebSocket(`${upstream.replace('http', 'ws')}/live`)
  const heard = await new Promise((resolve, reject) => {
    socket.on('message', (text) => resolve(JSON.parse(String(text))))
    socket.on('error', reject)
  })
  expect(heard).toMatchObject({ bar: expect.stringMatching(/^1\d\d\.\d$/) })
  socket.terminate()
  const stream = await client.stream(`${upstream}/events`)
  const [first] = await stream.setEncoding('utf8').take(1).toArray()
  expect(first).toMatch(/^data: \{"at":\d+/)
})

test('a download has the announced length', async () => {
  const answer = await client.stream(`${running.apps.machines.upstream}/download?mb=1`)
  let bytes = 0
  for await (const chunk of answer) bytes += (chunk as Buffer).length
  expect(bytes).toBe(1024 * 1024)
  expect(Number(answer.headers['content-length'])).toBe(bytes)
})
