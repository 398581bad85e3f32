// `gateway.http`: which plain listeners redirect to https.

import { describe, expect, test } from 'vitest'
import { problems, valid, wiki } from '../config-fixtures.ts'

const identity =
  'identity: { issuer: https://login.example.com, client_id: einlass, client_secret: env:OIDC_CLIENT_SECRET }'

function text(gateway: string, url = 'https://access.example.com'): string {
  return `gateway: { url: "${url}", tls: { cert: wildcard.crt, key: wildcard.key }, secret_key: file:secret.key, ${gateway} }
${identity}
apps:
${wiki}`
}

async function built(gateway: string) {
  return (await valid(text(gateway))).gateway.httpRedirect
}

describe('listeners that redirect to https', () => {
  test('by default port 80 beside port 443, where it is free', async () => {
    expect(await built('')).toEqual({ listen: [{ host: '0.0.0.0', port: 80 }], required: false })
    expect(await built('listen: [{ address: "10.0.0.1:443" }, { address: "[::1]:443" }]')).toEqual({
      listen: [
        { host: '10.0.0.1', port: 80 },
        { host: '::1', port: 80 },
      ],
      required: false,
    })
  })

  test('not by default where 443 is another one, or 80 is taken', async () => {
    expect((await built('listen: [{ address: "0.0.0.0:8443" }]')).listen).toEqual([])
    expect((await built('listen: [{ address: "127.0.0.1:443", tls: false }]')).listen).toEqual([])
    expect((await built('listen: [{ address: "0.0.0.0:443" }, { address: "0.0.0.0:80", tls: false }]')).listen).toEqual(
      [],
    )
  })

  test('asked for, or addresses of its own', async () => {
    expect(await built('http: redirect, listen: [{ address: "10.0.0.1:8443" }]')).toEqual({
      listen: [{ host: '10.0.0.1', port: 80 }],
      required: true,
    })
    expect(
      (await built('http: redirect, listen: [{ address: "10.0.0.1:8443" }, { address: "0.0.0.0:443" }]')).listen,
    ).toEqual([{ host: '0.0.0.0', port: 80 }])
    expect(await built('http: off')).toEqual({ listen: [], required: false })
    expect(await built('http: ["0.0.0.0:8080", "[::1]:8080"]')).toEqual({
      listen: [
        { host: '0.0.0.0', port: 8080 },
        { host: '::1', port: 8080 },
      ],
      required: true,
    })
  })

  test.each([
    ['http: [redirect, "0.0.0.0:80"]', 'expected redirect alone, or addresses'],
    ['http: yes', 'expected redirect, off, or host:port such as 0.0.0.0:8080'],
    ['http: "0.0.0.0:443"', 'this address is already in `listen` or `operations`'],
    ['http: "127.0.0.1:9090"', 'this address is already in `listen` or `operations`'],
    ['http: ["0.0.0.0:8080", "10.0.0.1:8080"]', 'duplicate entry'],
    [
      'http: redirect, listen: [{ address: "127.0.0.1:443", tls: false }]',
      'there is no listener with TLS to redirect to',
    ],
    [
      'http: redirect, listen: [{ address: "0.0.0.0:443" }, { address: "0.0.0.0:80", tls: false }]',
      'port 80 is already in `listen` or `operations`',
    ],
  ])('refuses %s', async (gateway, message) => {
    const found = (await problems(text(gateway))).filter((one) => one.includes('gateway.http'))
    expect(found).toEqual([expect.stringContaining(message)])
  })
})
