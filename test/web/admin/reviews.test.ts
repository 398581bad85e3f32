// Access review pages: viewers read, admins decide and sign, with a step-up where the provider supports a second factor.

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import type { App, Configuration } from '../../../src/config/configuration.ts'
import type { Grants } from '../../../src/grants/grants.ts'
import { startProviderUnderTest, type ProviderUnderTest } from '../../support/provider-under-test.ts'
import { app, locationOf, openDesk, type Desk, type Visitor } from '../web-client.ts'

let provider: ProviderUnderTest
let desk: Desk

const declaration = {
  name: 'wiki',
  title: 'Wiki',
  mode: 'enforce',
  require: {},
  rules: [
    { name: 'staff', effect: 'allow', when: { groups: ['staff'] }, mode: 'enforce', limits: {} },
    { name: 'for a while', effect: 'allow', when: { grant: 'required' }, mode: 'enforce', limits: {} },
  ],
  lease: 1000,
}

/** Ada, a member of the group staff, has `role`; an external user has a grant. */
async function open(
  role: 'viewers' | 'admins',
  mfa = { amrAny: [] as string[], acrAny: [] as string[] },
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'einlass-review-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  desk = openDesk(provider, [], {}, {
    apps: new Map([
      [
        'wiki',
        {
          ...app,
          name: 'wiki',
          title: 'Wiki',
          declaration,
          public: [],
          addresses: [{ origin: 'https://wiki.example.com', path: '' }],
        } as unknown as App,
      ],
    ]),
    roles: new Map([['reviewers', { groups: ['staff'], users: [] }]]),
    schedules: new Map(),
    devices: { sources: [], postures: new Map() },
    external: { providers: new Set(['partner']), people: [] },
    places: new Map([['rule wiki staff', 'einlass.yaml:9']]),
    console: { viewers: [], admins: [], [role]: ['reviewers'], reviewEvery: 86_400_000 },
    audit: { file: { path: join(folder, 'audit.jsonl') } },
    file: join(folder, 'einlass.yaml'),
    hash: 'c0ffee',
  } as unknown as Partial<Configuration>)
  const settings = [...desk.parts.config().providers.values()][0]!
  Object.assign(settings, { mfa })
  await (desk.parts.grants as Grants).give(
    {
      who: 'partner|7',
      app: 'wiki',
      level: 'full',
      from: desk.house.now() - 1,
      until: desk.house.now() + 86_400_000,
      schedule: undefined,
      sponsor: 'erika@example.com',
      reason: undefined,
    },
    { kind: 'system' },
  )
  return folder
}

async function enter(): Promise<Visitor> {
  const ada = desk.browser()
  await ada.signIn()
  for (const session of await desk.house.sessions.all()) desk.people.setClaims(session.subject, session.createdAt)
  return ada
}

const idsIn = (page: string) => [...new Set([...page.matchAll(/name="line-([0-9a-f]+)"/g)].map(([, id]) => id!))]
const digestIn = (page: string) => /name="digest" value="([0-9a-f]+)"/.exec(page)![1]!

beforeEach(async () => {
  provider = await startProviderUnderTest()
})
afterEach(async () => {
  await desk.house.stop()
  await provider.stop()
})

test('a viewer sees users and their access paths, and cannot decide', async () => {
  await open('viewers')
  const ada = await enter()
  expect(String((await ada.get('/admin/reviews')).body)).toContain('never reviewed')
  const page = String((await ada.get('/admin/reviews/wiki')).body)
  for (const text of ['Who can reach Wiki', 'group staff', 'einlass.yaml:9', 'grant, full access'])
    expect(page).toContain(text)
  expect(page).not.toContain('<form class="part"')
  expect((await ada.post('/admin/reviews/wiki', { digest: digestOr(page) })).status).toBe(404)
  expect((await ada.get('/admin/reviews/other')).status).toBe(404)
})
const digestOr = (page: string) => /name="digest" value="(\w+)"/.exec(page)?.[1] ?? 'x'

test('an admin decides each line and signs: run-time grants end, and the review file is written', async () => {
  const folder = await open('admins')
  const ada = await enter()
  const page = String((await ada.get('/admin/reviews/wiki')).body)
  const ids = idsIn(page)
  expect(ids).toHaveLength(2)
  const undecided = await ada.post('/admin/reviews/wiki', { digest: digestIn(page), [`line-${ids[0]}`]: 'keep' })
  expect(String(undecided.body)).toContain('Please decide on every line before signing.')
  const all = Object.fromEntries(ids.map((id) => [`line-${id}`, 'end']))
  expect(String((await ada.post('/admin/reviews/wiki', { ...all, digest: 'f'.repeat(32) })).body)).toContain(
    'has changed',
  )
  expect(await readdir(folder)).not.toContain('reviews')

  const signed = await ada.post('/admin/reviews/wiki', { ...all, digest: digestIn(page) })
  expect([signed.status, locationOf(signed)]).toEqual([303, '/admin/reviews?said=take_out'])
  expect(desk.parts.grants.all()[0]!.revokedAt).toBeDefined()
  const [file] = (await readdir(join(folder, 'reviews'))).filter((name) => name.endsWith('.json'))
  const { content } = JSON.parse(await readFile(join(folder, 'reviews', file!), 'utf8')) as {
    content: { reviewer: { account: string; secondFactor?: string } }
  }
  expect(content.reviewer.account).toContain('|')
  expect(content.reviewer.secondFactor).toBeUndefined()
  const list = String((await ada.get('/admin/reviews?said=take_out', { 'sec-fetch-site': 'same-origin' })).body)
  expect(list).toContain(file)
  expect(list).toContain('still have to be removed from the configuration')
})

test('where the provider supports a second factor, it is asked for before the first line, and again for a signature long after', async () => {
  const folder = await open('admins', { amrAny: ['otp'], acrAny: [] })
  const ada = await enter()
  const asked = await ada.get('/admin/reviews/wiki')
  expect(asked.status).toBe(303)
  expect(locationOf(asked)).not.toContain('/admin/reviews')
  const digest = (await desk.parts.reviews.draft('wiki'))!.digest
  const sent = await ada.post('/admin/reviews/wiki', { digest })
  expect(String(sent.body)).toContain('/sign-in?journey=')
  expect(await readdir(folder)).not.toContain('reviews')
  expect(desk.parts.grants.all()[0]!.revokedAt).toBeUndefined()
})

test('a cross-site form signs nothing (CSRF)', async () => {
  await open('admins')
  const ada = await enter()
  const page = String((await ada.get('/admin/reviews/wiki')).body)
  const all = Object.fromEntries(idsIn(page).map((id) => [`line-${id}`, 'end']))
  const headers = { 'sec-fetch-site': 'cross-site' }
  const { status } = await ada.post('/admin/reviews/wiki', { ...all, digest: digestIn(page) }, headers)
  expect(status).toBe(403)
  expect(desk.parts.grants.all()[0]!.revokedAt).toBeUndefined()
})
