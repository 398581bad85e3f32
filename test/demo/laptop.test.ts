// Company laptop of the demo: the gateway's posture source accepts the agent's signatures; forged headers are removed.

import { createServer, type IncomingMessage, type Server } from 'node:http'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startLaptop, type Laptop } from '../../src/demo/laptop.ts'
import { freePorts, listen } from '../../src/demo/listen.ts'
import { createTourClient, type TourClient } from '../../src/demo/tour/client.ts'
import { createTrustedHeader } from '../../src/devices/sources/trusted-header.ts'

const secret = 's'.repeat(43)
const at = Date.UTC(2026, 10, 21, 12)
let behind: Server
let laptop: Laptop
let client: TourClient
let port: number
let company: number
let arrived: IncomingMessage[]
let location: string | undefined

beforeEach(async () => {
  arrived = []
  location = undefined
  behind = createServer((request, response) => {
    arrived.push(request)
    request.resume()
    request.on('end', () => response.writeHead(location ? 302 : 200, location ? { location } : {}).end('ok'))
  })
  port = await listen(behind, 0)
  company = (await freePorts(1))[0]!
  laptop = await startLaptop({ port: 0, gatewayPort: port, providers: { login: company }, secret, now: () => at })
  client = createTourClient()
})

afterEach(async () => {
  client.close()
  await laptop.stop()
  behind.closeAllConnections()
  await new Promise((resolve) => behind.close(resolve))
})

function observe(request: IncomingMessage, method = request.method!) {
  const source = createTrustedHeader({ name: 'agent', networks: ['127.0.0.1/32'], secret, tolerance: 60_000 })
  return source.observe!({
    header: (name) => request.headersDistinct[name]?.join(),
    peer: '127.0.0.1',
    method,
    host: request.headers.host!,
    target: request.url!,
    pinned: undefined,
    now: at,
  })
}

test('the gateway’s source accepts the agent’s headers for the signed request only', async () => {
  await client.go(`http://servers.localhost:${laptop.port}/rack?n=3`)
  expect(arrived[0]!.headers.host).toBe(`servers.localhost:${port}`)
  const posture = { deviceId: 'laptop-0815', managed: true, diskEncrypted: true, observedAt: at }
  expect(observe(arrived[0]!)).toMatchObject({ state: 'observed', posture })
  expect(observe(arrived[0]!, 'POST')).toMatchObject({ state: 'refused' })
})

test('removes device headers of the browser', async () => {
  laptop.setEncrypted(false)
  const headers = { 'x-device-disk-encrypted': 'true', 'x-device-compliant': 'true', 'x-device-id': 'other' }
  await client.go(`http://servers.localhost:${laptop.port}/`, { headers })
  expect(arrived[0]!.headersDistinct['x-device-id']).toEqual(['laptop-0815'])
  expect(arrived[0]!.headers).not.toHaveProperty('x-device-compliant')
  expect(observe(arrived[0]!)).toMatchObject({ state: 'observed', posture: { diskEncrypted: false } })
})

test('rewrites redirects between hosts of the demo, without their query', async () => {
  const inner = `redirect_uri=http://access.localhost:${port}/callback`
  location = `http://login.localhost:${company}/auth?${inner}`
  const seen = await client.go(`http://access.localhost:${laptop.port}/sign-in`, { follow: false })
  expect(seen.headers.location).toBe(`http://login.localhost:${laptop.port}/auth?${inner}`)
  location = 'http://elsewhere.example:8080/'
  const away = await client.go(`http://access.localhost:${laptop.port}/`, { follow: false })
  expect(away.headers.location).toBe(location)
})

test('returns 502 for an unreachable upstream, and rejects cross-site form posts', async () => {
  expect((await client.go(`http://login.localhost:${laptop.port}/`)).status).toBe(502)
  const control = `http://laptop.localhost:${laptop.port}/`
  const page = await client.go(control)
  expect(page.body).toContain('Turn disk encryption off')
  const foreign = { method: 'POST', headers: { 'sec-fetch-site': 'cross-site' }, follow: false }
  expect((await client.go(control, foreign)).status).toBe(403)
  expect((await client.submit(page)).body).toContain('Turn disk encryption on')
  expect((await client.go(control, { headers: { host: 'evil.example.com' } })).status).toBe(421)
})
