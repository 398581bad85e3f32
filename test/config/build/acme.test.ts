// `gateway.acme`: which names it orders for, which challenges it can answer, and what cannot work.

import { describe, expect, test } from 'vitest'
import { printProblem } from '../../../src/config/load/problem.ts'
import { load, valid, wildcard } from '../config-fixtures.ts'
import { makeCertificate } from '../test-certificate.ts'

const identity =
  'identity: { issuer: https://login.example.com, client_id: einlass, client_secret: env:OIDC_CLIENT_SECRET }'
const app = (from: string): string =>
  `  wiki: { from: ${from}, to: http://10.20.0.7:3000, policy: [{ allow: { groups: [staff] } }] }\n`

function text(acme: string, more = '', from = 'https://wiki.example.com', url = 'https://access.example.com'): string {
  return `gateway: { url: "${url}", secret_key: file:secret.key, acme: { ${acme} }${more} }
${identity}
apps:
${app(from)}`
}

const agreed = 'terms_of_service: agreed'
const files = { 'ca.pem': wildcard.cert }

async function built(...given: Parameters<typeof text>) {
  return (await valid(text(...given), files)).gateway
}

/** Problems and warnings, without file and position. */
async function said(...given: Parameters<typeof text>): Promise<string[]> {
  const loaded = await load(text(...given), files)
  const all = [...(loaded.state === 'invalid' ? loaded.problems : []), ...loaded.warnings]
  return all.map((one) => printProblem(one).replace(/^.*?:\d+:\d+: /, ''))
}

test('the smallest form orders from Let’s Encrypt for the gateway and each `from`, without `tls`', async () => {
  const { acme, listen, httpRedirect } = await built(agreed, '', '[https://wiki.example.com, https://docs.example.org]')
  expect(acme).toEqual({
    email: undefined,
    directory: 'https://acme-v02.api.letsencrypt.org/directory',
    eab: undefined,
    ca: undefined,
    challenges: ['tls-alpn-01', 'http-01'],
    names: ['access.example.com', 'wiki.example.com', 'docs.example.org'],
  })
  expect(listen).toEqual([
    { host: '0.0.0.0', port: 443, tls: { certificates: [], clientCa: undefined, http2: true, issued: true } },
  ])
  expect(httpRedirect.listen).toEqual([{ host: '0.0.0.0', port: 80 }])
})

describe('names that files cover are not ordered:', () => {
  const tls = ', tls: { cert: wildcard.crt, key: wildcard.key }'

  test('those of the only listener', async () => {
    const both = await built(agreed, tls, '[https://wiki.example.com, https://docs.example.org]')
    expect(both.acme?.names).toEqual(['docs.example.org'])
    expect(both.listen[0]?.tls).toMatchObject({ certificates: [{}], issued: true })
  })

  test('all of them: it says that nothing is ordered', async () => {
    expect(await said(agreed, tls)).toEqual(
      ['gateway.acme: warning: orders nothing: the files of gateway.tls cover every host'].map((one) =>
        one.replace('warning: ', ''),
      ),
    )
  })

  test('but one that another listener has no file for is', async () => {
    const listen =
      ', listen: [{ address: "0.0.0.0:443" }, { address: "10.0.0.1:8443", tls: { cert: wildcard.crt, key: wildcard.key } }]'
    expect((await built(agreed, listen)).acme?.names).toEqual(['access.example.com', 'wiki.example.com'])
  })
})

describe('challenges', () => {
  test('are those of the ports that are listened on', async () => {
    expect((await built(agreed, ', http: off')).acme?.challenges).toEqual(['tls-alpn-01'])
    expect(
      (await built(agreed, ', listen: [{ address: "0.0.0.0:8443" }], http: "0.0.0.0:80"')).acme?.challenges,
    ).toEqual(['http-01'])
  })

  test('or those written, where a router leads the port elsewhere', async () => {
    const more = ', listen: [{ address: "0.0.0.0:8443" }]'
    expect((await built(`${agreed}, challenges: tls-alpn-01`, more)).acme?.challenges).toEqual(['tls-alpn-01'])
  })
})

test('a key of an external account is not printed', async () => {
  const { acme } = await built(
    `${agreed}, directory: https://acme.zerossl.com/v2/DV90, eab: { kid: k1, hmac: c2VjcmV0LWtleS1vZi10ZXN0cw== }`,
  )
  expect(acme?.eab?.hmac).toBe('c2VjcmV0LWtleS1vZi10ZXN0cw')
  expect(JSON.stringify(acme)).not.toContain('c2VjcmV0')
  expect(JSON.stringify(await built(agreed))).not.toMatch(/"secretKeys":\[\{/)
})

test('the authority of a private directory is read, and part of the policy version', async () => {
  const given = [`${agreed}, directory: "https://ca.internal:9000/acme", ca: ca.pem`] as const
  const before = await valid(text(...given), files)
  expect(before.gateway.acme?.ca).toBe(wildcard.cert)
  const after = await valid(text(...given), { 'ca.pem': makeCertificate(['other.example.com']).cert })
  expect(after.hash).not.toBe(before.hash)
})

test('a private authority may be asked for names that are not public', async () => {
  const private_ = `${agreed}, directory: "https://ca.internal:9000/acme", ca: ca.pem`
  const { acme } = await built(private_, '', 'https://wiki.corp', 'https://access')
  expect(acme?.names).toEqual(['access', 'wiki.corp'])
})

describe('a problem, with its mend:', () => {
  const forwarded = ', listen: [{ address: "0.0.0.0:8443" }]'

  test.each<[what: string, message: string, ...given: Parameters<typeof text>]>([
    ['terms not agreed to', 'gateway.acme: terms_of_service is missing', 'email: it@example.com'],
    [
      'terms in another word',
      'gateway.acme.terms_of_service: expected agreed: read the terms',
      'terms_of_service: yes',
    ],
    [
      'a directory in clear text',
      'gateway.acme.directory: expected https:',
      `${agreed}, directory: "http://ca.example.com"`,
    ],
    [
      'a directory at a metadata service',
      'is a metadata service of a cloud',
      `${agreed}, directory: "https://169.254.169.254/"`,
    ],
    [
      'credentials in the directory',
      'must not contain a user name',
      `${agreed}, directory: "https://a:b@ca.example.com"`,
    ],
    [
      'no binding where one is asked for',
      'eab is missing: acme.zerossl.com',
      `${agreed}, directory: https://acme.zerossl.com/v2/DV90`,
    ],
    ['half a binding', 'gateway.acme.eab: hmac is missing', `${agreed}, eab: { kid: one }`],
    [
      'a binding that is no key',
      'gateway.acme.eab.hmac: expected a key in base64url',
      `${agreed}, eab: { kid: one, hmac: "no key at all!" }`,
    ],
    ['no port the authority connects to', 'nothing can answer the authority', agreed, forwarded],
    [
      'http-01 without a plain listener',
      'set gateway.http, such as redirect',
      `${agreed}, challenges: http-01`,
      `${forwarded}, http: off`,
    ],
    [
      'tls-alpn-01 without TLS',
      'needs a listener with TLS',
      `${agreed}, challenges: tls-alpn-01`,
      ', listen: [{ address: "127.0.0.1:8080", tls: false }]',
    ],
    [
      'a gateway without https',
      'contradicts gateway.url',
      `${agreed}, challenges: tls-alpn-01`,
      '',
      'https://wiki.example.com',
      'http://localhost:8080',
    ],
    [
      'a name known inside only',
      'apps.wiki.from: gateway.acme cannot get a certificate for wiki: it is a single label',
      agreed,
      '',
      'https://wiki',
    ],
    ['localhost', 'names below .localhost belong to nobody', agreed, '', 'https://wiki.localhost'],
    ['a private suffix', 'names below .internal belong to nobody', agreed, '', 'https://wiki.internal'],
    [
      'an address',
      'gateway.url: gateway.acme cannot get a certificate for 10.1.2.3: it is a private address',
      agreed,
      '',
      'https://wiki.example.com',
      'https://10.1.2.3',
    ],
    [
      'a challenge of another kind',
      'gateway.acme.challenges: expected tls-alpn-01, http-01, or a list of them',
      `${agreed}, challenges: dns-01`,
    ],
    ['no address of mail', 'gateway.acme.email: expected a mail address', `${agreed}, email: it`],
  ])('%s', async (_what, message, ...given) => {
    expect((await said(...given)).filter((one) => one.includes(message))).toHaveLength(1)
  })
})

test('a store that forgets is warned about: each start would order anew', async () => {
  const configuration = `store: "memory:"\n${text(agreed)}`
  const loaded = await load(configuration)
  expect(loaded.warnings.map(printProblem).join('\n')).toContain('each start orders new certificates')
})
