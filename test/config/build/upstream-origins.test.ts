// `to`: unix sockets and HTTP/2 without TLS, with what `check` says of them.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { problems, valid, warnings } from '../config-fixtures.ts'

let folder: string
let server: Server
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'einlass-to-'))
  server = createServer()
  await new Promise<void>((resolve) => server.listen(join(folder, 'app.sock'), resolve))
  writeFileSync(join(folder, 'file'), '')
})
afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true })
})

const file = (to: string, gateway = ''): string =>
  `gateway: { url: https://access.example.com, tls: { cert: wildcard.crt, key: wildcard.key }, secret_key: file:secret.key${gateway} }
identity: { issuer: "https://login.example.com", client_id: einlass, client_secret: env:OIDC_CLIENT_SECRET }
apps:
  wiki: { from: https://wiki.example.com, to: ${to}, policy: [{ allow: {} }] }
`

test('a socket, a list of sockets and h2c are accepted without a warning', async () => {
  const socket = `unix:${join(folder, 'app.sock')}`
  for (const [to, origins] of [
    [socket, [socket]],
    [`[${socket}, http://10.0.0.7:3000]`, [socket, 'http://10.0.0.7:3000']],
    ['h2c://10.0.0.9:50051', ['h2c://10.0.0.9:50051']],
  ] as const) {
    const { apps } = await valid(file(to))
    expect(apps.get('wiki')?.upstreams.map(({ origin }) => origin)).toEqual(origins)
    expect(await warnings(file(to))).toEqual([])
  }
})

test.each([
  ['none.sock', 'there is no socket at this path'],
  ['file', 'the file at this path is no socket'],
])('%s is a warning: the application may start later', async (name, message) => {
  const text = file(`unix:${join(folder, name)}`)
  expect(await problems(text)).toEqual([])
  expect(await warnings(text)).toEqual([
    `4:47: apps.wiki.to: ${message} now: requests are answered with 502 until the application listens on it`,
  ])
})

test.each([
  ['unix:run/app.sock', 'expected an absolute path such as unix:/run/app.sock'],
  ['h2c://10.0.0.9:50051/api?x', 'must be an origin only: without path, query and #'],
  ['ftp://10.0.0.9', 'expected https:, http:, h2c: or unix:'],
  [
    'h2c://169.254.169.254:80',
    '169.254.169.254 is a metadata service of a cloud; allow_special_addresses: true of this app permits it',
  ],
])('%s is refused', async (to, message) => {
  expect(await problems(file(to))).toEqual([`4:47: apps.wiki.to: ${message}`])
})

test('the admin socket is for no app, whatever it allows', async () => {
  const admin = join(folder, 'app.sock')
  expect(await problems(file(`unix:${admin}, allow_special_addresses: true`, `, admin_socket: "${admin}"`))).toEqual([
    '4:47: apps.wiki.to: this is gateway.admin_socket, which is for no app',
  ])
})
