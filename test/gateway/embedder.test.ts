// Embedders: in which frames a sign-in begins, and which pages may show what is answered there.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { frameOf } from '../../src/gateway/embedder.ts'
import { composeGateway, type ComposedGateway, type SignedIn } from './composed-gateway.ts'

const own = 'https://books.example.com'
const portal = 'https://wiki.example.com'
const elsewhere = 'https://portal.example.net'
const gatewayOrigin = 'https://access.example.com'
const embedders = [own, portal, elsewhere]

describe('a frame', () => {
  test.each<[string, string | undefined, string | undefined, 'signs in' | 'of another site' | 'refused']>([
    ['of the app itself', 'same-origin', `${own}/page`, 'signs in'],
    ['of the app itself, under no-referrer', 'same-origin', undefined, 'signs in'],
    ['that the user loads again', 'none', undefined, 'signs in'],
    ['of a page that is listed', 'same-site', `${portal}/`, 'signs in'],
    ['of a page of the same site under same-origin', 'same-site', undefined, 'signs in'],
    ['that comes back from the gateway', 'same-site', `${gatewayOrigin}/`, 'signs in'],
    ['of a page that is not listed', 'same-site', 'https://notes.example.com/', 'refused'],
    ['of a longer name than the one listed', 'same-site', `${portal}.evil.test/`, 'refused'],
    ['of a name in front of the one listed', 'same-site', `${portal}@evil.test/`, 'refused'],
    ['of the listed host over http', 'same-site', 'http://wiki.example.com/', 'refused'],
    ['with a Referer that is none', 'same-site', 'wiki.example.com', 'signs in'],
    ['of another site that is listed', 'cross-site', `${elsewhere}/x`, 'of another site'],
    ['of another site', 'cross-site', 'https://evil.test/', 'refused'],
    ['of another site that hides', 'cross-site', undefined, 'refused'],
    ['of a browser without Sec-Fetch-Site, listed', undefined, `${portal}/`, 'signs in'],
    ['of a browser without Sec-Fetch-Site', undefined, undefined, 'refused'],
    ['with a field of two values', 'same-origin, cross-site', undefined, 'refused'],
  ])('%s (%s, %s): %s', (_name, site, referer, outcome) => {
    const fields: Readonly<Record<string, string | undefined>> = { 'sec-fetch-site': site, referer }
    const frame = frameOf(embedders, gatewayOrigin, { header: (name) => fields[name] })
    expect(frame === undefined ? 'refused' : frame.otherSite ? 'of another site' : 'signs in').toBe(outcome)
    if (frame) expect(frame.embedders).toEqual(embedders)
  })
})

describe('in a gateway', () => {
  let gateway: ComposedGateway
  let anna: SignedIn
  beforeAll(async () => {
    gateway = await composeGateway({
      wiki: 'policy: [{ allow: { groups: [staff] } }], embeds: [books]',
      books: 'policy: [{ deny: { paths: [/closed] } }, { allow: { groups: [staff] } }]',
      notes: 'policy: [{ allow: { groups: [staff] } }]',
    })
    anna = await gateway.signIn('books')
  })
  afterAll(() => gateway?.stop())

  const framed = (of: string, site = 'same-site') => ({
    host: 'books.example.com',
    headers: {
      'Sec-Fetch-Mode': 'navigate',
      'Sec-Fetch-Dest': 'iframe',
      'Sec-Fetch-Site': site,
      Referer: `https://${of}/`,
    },
  })
  const policy = (headers: Readonly<Record<string, string>>) =>
    `${/frame-ancestors [^;]*/.exec(headers['content-security-policy']!)?.[0]}, ${headers['x-frame-options'] ?? 'no X-Frame-Options'}`

  test('a frame of an app that embeds it is redirected to the sign-in', async () => {
    const answer = await gateway.send(framed('wiki.example.com'))
    expect([answer.status, answer.headers['location']]).toEqual([302, expect.stringContaining('/sign-in?journey=')])
  })

  test.each(['notes.example.com', 'evil.test'])(
    'a frame of %s is answered as a script, and may be shown nowhere',
    async (of) => {
      const answer = await gateway.send(framed(of))
      expect([answer.status, answer.headers['location'], policy(answer.headers)]).toEqual([
        401,
        undefined,
        "frame-ancestors 'none', DENY",
      ])
      expect(gateway.logged.at(-1)).toMatchObject({
        app: 'books',
        page: `https://${of}`,
        setting: 'apps.books.frame_ancestors, or embeds of the app whose page it is',
      })
    },
  )

  test('a denial may be shown by the pages that embed the app, in a frame only', async () => {
    const closed = { ...framed('wiki.example.com'), target: '/closed', as: anna }
    expect(policy((await gateway.send(closed)).headers)).toBe(
      'frame-ancestors https://books.example.com https://wiki.example.com, no X-Frame-Options',
    )
    const { headers } = await gateway.send({ ...closed, headers: {}, page: true })
    expect(policy(headers)).toBe("frame-ancestors 'none', DENY")
    const foreign = await gateway.send({ ...closed, ...framed('notes.example.com') })
    expect(policy(foreign.headers)).toBe("frame-ancestors 'none', DENY")
  })

  test('a frame whose sign-in is over by the session goes to the app, whoever shows it', async () => {
    expect((await gateway.send({ ...framed('notes.example.com'), as: anna })).status).toBe(200)
  })
})
