// Groups beyond the token: Microsoft Graph and the Google directory, correct and with one deviation each, at sign-in and refresh.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { generateKeyPairSync } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ProviderSettings } from '../../../src/config/provider-settings.ts'
import type { Session } from '../../../src/identity/session/session.ts'
import { createDirectoryUnderTest, type DirectoryUnderTest } from '../../support/directory-under-test.ts'
import { startProviderUnderTest, type ProviderUnderTest } from '../../support/provider-under-test.ts'
import { createSignInEnvironment, settingsOf, signedIn, type SignInEnvironment } from '../sign-in-environment.ts'

const oid = '6b1f9a3e-0c56-4b0e-8a55-3f3d4f0c9a01'
const ids = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`)
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

let provider: ProviderUnderTest
let directory: DirectoryUnderTest
let environment: SignInEnvironment
let logged: { message: string; cause?: string; mend?: string | undefined }[]

beforeEach(async () => {
  provider = await startProviderUnderTest()
  directory = createDirectoryUnderTest()
  provider.deviation.handle = directory.handle
  logged = []
})
afterEach(async () => {
  await environment.stop()
  await provider.stop()
})

function open(changed: Partial<ProviderSettings>): void {
  environment = createSignInEnvironment([settingsOf(provider, changed)], {
    providerLog: (message, detail) => {
      const { cause, mend } = detail as { cause?: string; mend?: string }
      logged.push({ message, cause, mend })
    },
  })
  provider.now = environment.now
}

const enter = async (): Promise<Session> => signedIn(await environment.enter(provider.visit))

async function refresh(session: Session): Promise<Session> {
  environment.advance(300_000)
  const result = await environment.revalidation.revalidate(session)
  if (result.state !== 'confirmed') throw new Error(result.state)
  return result.session
}

describe('Microsoft Graph', () => {
  const entra: Partial<ProviderSettings> = { kind: 'entra', groupsFrom: 'graph' }
  const overage = { groups: undefined, _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: 'x' } } }

  beforeEach(() => {
    open(entra)
    provider.person = { ...provider.person, ...overage, oid, xms_edov: true }
    directory.groups.set(oid, ids(250))
  })

  test('lists all groups of a user beyond 200, at sign-in and at each refresh', async () => {
    const session = await enter()
    expect(session.subject).toMatchObject({ groups: ids(250), groupsComplete: true })
    expect(directory.asked).toEqual([
      `/v1.0/users/${oid}/transitiveMemberOf/microsoft.graph.group?$select=id&$count=true&$top=999`,
    ])
    directory.groups.set(oid, ids(3))
    expect((await refresh(session)).subject).toMatchObject({ groups: ids(3), groupsComplete: true })
    expect([directory.asked.length, directory.issued, logged]).toEqual([2, 1, []])
  })

  test('is read page by page, thousands of groups', async () => {
    directory.groups.set(oid, ids(5000))
    expect((await enter()).subject).toMatchObject({ groups: ids(5000), groupsComplete: true })
    expect(directory.asked).toHaveLength(6)
  })

  test('is asked where the token has no groups at all, and not where it has all of them', async () => {
    provider.person = { ...provider.person, _claim_names: undefined }
    expect((await enter()).subject.groups).toHaveLength(250)
    provider.person = { ...provider.person, groups: ['in the token'] }
    expect((await enter()).subject).toMatchObject({ groups: ['in the token'], groupsComplete: true })
    expect(directory.asked).toHaveLength(1)
  })

  test('is not asked, and overage stays unknown, without groups_from: graph', async () => {
    await environment.stop()
    open({ kind: 'entra' })
    expect((await enter()).subject).toMatchObject({ groups: [], groupsComplete: false })
    expect(directory.asked).toEqual([])
  })

  test('gets a new token when the old one is refused, and before it expires', async () => {
    const session = await enter()
    directory.valid.clear()
    expect((await refresh(session)).subject.groups).toHaveLength(250)
    expect(directory.issued).toBe(2)
    environment.advance(3_550_000)
    expect((await enter()).subject.groups).toHaveLength(250)
    expect(directory.issued).toBe(3)
  })

  describe('that does not list them leaves the groups unknown, and the sign-in works', () => {
    const answering =
      (status: number, headers: Record<string, string> = {}): DirectoryUnderTest['answer'] =>
      (_request, response) => {
        response.writeHead(status, { 'content-type': 'application/json', ...headers }).end('{"error":{"code":"x"}}')
        return true
      }

    test.each<[string, () => void, RegExp, RegExp | undefined]>([
      [
        '403: no permission',
        () => (directory.answer = answering(403)),
        /403: insufficient/,
        /GroupMember\.Read\.All.*admin consent/,
      ],
      [
        '401 with every token',
        () => (directory.answer = answering(401)),
        /401: insufficient/,
        /GroupMember\.Read\.All/,
      ],
      ['500', () => (directory.answer = answering(500)), /answered 500/, undefined],
      ['429', () => (directory.answer = answering(429, { 'retry-after': '120' })), /answered 429/, undefined],
      ['404: an unknown user', () => directory.groups.clear(), /answered 404/, undefined],
      ['no token for the application', () => (directory.tokenError = 'unauthorized_client'), /no token/, /GroupMember/],
      ['no list', () => (directory.page = (page) => ({ ...page, value: { id: 'x' } })), /no list/, undefined],
      ['a list as answer', () => (directory.page = () => []), /something else/, undefined],
      [
        'a page that links to itself',
        () => (directory.page = (page, url) => ({ ...page, '@odata.nextLink': url.href })),
        /do not end/,
        undefined,
      ],
      [
        'pages without end',
        () =>
          (directory.page = (page, url) => {
            url.searchParams.set('n', String(Number(url.searchParams.get('n')) + 1))
            return { ...page, value: [], '@odata.nextLink': url.href }
          }),
        /do not end/,
        undefined,
      ],
      [
        'a link that is no text',
        () => (directory.page = (page) => ({ ...page, '@odata.nextLink': 7 })),
        /elsewhere/,
        undefined,
      ],
      [
        'an ID token without oid',
        () => (provider.person = { ...provider.person, oid: undefined }),
        /no claim oid/,
        /profile/,
      ],
      [
        'an oid that is a path',
        () => (provider.person = { ...provider.person, oid: `../me/${oid}` }),
        /no claim oid/,
        /profile/,
      ],
    ])('%s', async (_name, deviate, cause, mend) => {
      deviate()
      for (let round = 0; round < 2; round++) {
        expect((await enter()).subject).toMatchObject({ groups: [], groupsComplete: false, sub: 'person-1' })
      }
      expect(logged).toEqual([
        {
          message: 'groups are unknown: the directory does not list them',
          cause: expect.stringMatching(cause),
          mend: mend === undefined ? undefined : expect.stringMatching(mend),
        },
      ])
    })

    test('a link to another origin is not followed, and never gets the token', async () => {
      const strangers: (string | undefined)[] = []
      const stranger = createServer((request, response) => {
        strangers.push(request.headers.authorization)
        response.end('{"value":[{"id":"admins"}]}')
      })
      await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve))
      const { port } = stranger.address() as AddressInfo
      try {
        for (const link of [`http://127.0.0.1:${port}/v1.0/next`, `//127.0.0.1:${port}/`, '/v1.0/next', 'file:///x']) {
          directory.page = (page) => ({ ...page, '@odata.nextLink': link })
          expect((await enter()).subject).toMatchObject({ groups: [], groupsComplete: false })
        }
        expect(strangers).toEqual([])
      } finally {
        await new Promise((resolve) => stranger.close(resolve))
      }
    })

    test('a member that is no name leaves the groups incomplete', async () => {
      directory.page = (page) => ({ ...page, value: [{ id: 'a' }, { id: 7 }, null, { name: 'admins' }] })
      expect((await enter()).subject).toMatchObject({ groups: ['a'], groupsComplete: false })
    })

    test('429 is waited for, without further requests', async () => {
      directory.answer = answering(429, { 'retry-after': '120' })
      await enter()
      directory.answer = undefined
      await enter()
      expect(directory.asked).toHaveLength(1)
      environment.advance(121_000)
      expect((await enter()).subject.groupsComplete).toBe(true)
      expect(logged.at(-1)?.message).toBe('the directory lists groups again')
    })

    test('a silent one holds a sign-in for 5 s, and the next ones not at all', async () => {
      directory.answer = () => true
      const begin = performance.now()
      expect((await enter()).subject.groupsComplete).toBe(false)
      const first = performance.now() - begin
      expect((await enter()).subject.groupsComplete).toBe(false)
      expect(first).toBeGreaterThan(4900)
      expect(first).toBeLessThan(8000)
      expect(performance.now() - begin - first).toBeLessThan(2000)
      expect(directory.asked).toHaveLength(1)
    }, 20_000)
  })

  test('groups that a refresh cannot confirm are kept once, then unknown; the next answer states them', async () => {
    const session = await enter()
    directory.answer = (_request, response) => {
      response.writeHead(500).end()
      return true
    }
    const once = await refresh(session)
    expect(once.subject).toMatchObject({ groups: ids(250), groupsComplete: true })
    expect(once.unconfirmed).toEqual({ revalidations: 1, lost: false })
    const twice = await refresh(once)
    expect(twice.subject).toMatchObject({ groups: [], groupsComplete: false, email: 'ada@example.com' })
    expect(twice.unconfirmed).toEqual({ revalidations: 2, lost: true })
    directory.answer = undefined
    const again = await refresh(twice)
    expect(again.subject).toMatchObject({ groups: ids(250), groupsComplete: true })
    expect(again.unconfirmed).toBeUndefined()
  })
})

describe('the Google directory', () => {
  const google: Partial<ProviderSettings> = {
    kind: 'google',
    groupsFrom: 'google_directory',
    googleDirectory: { account: 'groups@project.iam.gserviceaccount.com', admin: 'reader@example.com' },
    googleDirectoryKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    hostedDomains: ['example.com'],
  }

  beforeEach(() => {
    open(google)
    provider.person = { ...provider.person, groups: undefined, hd: 'example.com' }
    directory.groups.set('person-1', ['staff@example.com', 'erp@example.com'])
  })

  test('lists groups by their addresses, for the id of the account, in the name of an admin', async () => {
    const session = await enter()
    expect(session.subject).toMatchObject({ groups: ['staff@example.com', 'erp@example.com'], groupsComplete: true })
    expect(directory.asked).toEqual(['/admin/directory/v1/groups?userKey=person-1&maxResults=200'])
    expect(directory.assertions).toEqual([
      {
        header: { alg: 'RS256', typ: 'JWT' },
        claims: expect.objectContaining({
          iss: 'groups@project.iam.gserviceaccount.com',
          sub: 'reader@example.com',
          aud: `${provider.issuer}/directory-token`,
          scope: 'https://www.googleapis.com/auth/admin.directory.group.readonly',
        }),
      },
    ])
    directory.groups.set('person-1', [])
    expect((await refresh(session)).subject).toMatchObject({ groups: [], groupsComplete: true })
    expect(directory.issued).toBe(1)
  })

  test('is read page by page', async () => {
    const many = Array.from({ length: 1001 }, (_, index) => `group-${index}@example.com`)
    directory.groups.set('person-1', many)
    expect((await enter()).subject).toMatchObject({ groups: many, groupsComplete: true })
    expect(directory.asked).toHaveLength(6)
  })

  test('is believed instead of groups in the token or UserInfo', async () => {
    provider.person = { ...provider.person, groups: ['admins'] }
    expect((await enter()).subject.groups).toEqual(['staff@example.com', 'erp@example.com'])
    directory.groups.clear()
    expect((await enter()).subject).toMatchObject({ groups: [], groupsComplete: false })
  })

  test.each<[string, () => void, RegExp, RegExp | undefined]>([
    [
      'no delegation',
      () => (directory.tokenError = 'unauthorized_client'),
      /unauthorized_client/,
      /domain-wide delegation/,
    ],
    [
      'a page token that repeats',
      () => (directory.page = (page) => ({ ...page, nextPageToken: 'x' })),
      /do not end/,
      undefined,
    ],
    [
      'a page token that is no text',
      () => (directory.page = (page) => ({ ...page, nextPageToken: 7 })),
      /page token/,
      undefined,
    ],
  ])('with %s leaves the groups unknown', async (_name, deviate, cause, mend) => {
    deviate()
    expect((await enter()).subject).toMatchObject({ groups: [], groupsComplete: false })
    expect(logged).toHaveLength(1)
    expect(logged[0]!.cause).toMatch(cause)
    if (mend !== undefined) expect(logged[0]!.mend).toMatch(mend)
  })
})

describe('groups_from: userinfo', () => {
  beforeEach(() => open({ groupsFrom: 'userinfo' }))

  test('reads the groups there, even where the token has some', async () => {
    provider.deviation.claims = (claims) => ({ ...claims, groups: ['of the token'] })
    expect((await enter()).subject).toMatchObject({ groups: ['staff'], groupsComplete: true })
    expect(provider.hits.get('/userinfo')).toBe(1)
  })

  test('leaves them unknown where the provider has no UserInfo', async () => {
    provider.deviation.metadata = ({ userinfo_endpoint: _gone, ...metadata }) => metadata
    expect((await enter()).subject).toMatchObject({ groups: [], groupsComplete: false })
  })
})

test('a claim of another shape is logged once, with its cause and what to set', async () => {
  open({})
  provider.person = { ...provider.person, groups: { admin: { '7': 'a.test' } } }
  for (let round = 0; round < 3; round++) {
    expect((await enter()).subject).toMatchObject({ groups: [], groupsComplete: false })
  }
  expect(logged).toEqual([
    {
      message: 'groups are unknown or incomplete: the claim cannot be read',
      cause: 'claim groups: an object',
      mend: 'set shape: keys if its keys are the names',
    },
  ])
})
