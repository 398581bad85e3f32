// External access page: visible to the configured roles in both languages, 404 for all others.

import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Configuration } from '../../../src/config/configuration.ts'
import { noEnd } from '../../../src/config/build/grants.ts'
import type { Grant } from '../../../src/policy/grant.ts'
import { startProviderUnderTest, type ProviderUnderTest } from '../../support/provider-under-test.ts'
import { headersOf } from '../reply-headers.ts'
import { openDesk, type Desk, type Visitor } from '../web-client.ts'

let provider: ProviderUnderTest
let desk: Desk

const grant = (now: number, more: Partial<Grant> = {}): Grant => ({
  id: 'g1',
  who: 'partner|mailto:miro@partner.example',
  app: 'wiki',
  level: 'read',
  from: 0,
  until: now + 86_400_000,
  schedule: undefined,
  sponsor: 'erika@example.com',
  reason: '=cmd|x <script>',
  contract: 'V-1',
  origin: 'configuration',
  givenBy: 'configuration',
  revokedAt: undefined,
  ...more,
})

function open(settings: Partial<Configuration>): Desk {
  desk = openDesk(provider, [], {}, { external: { providers: new Set(['partner']), people: [] }, ...settings })
  desk.grants = [grant(desk.house.now()), grant(desk.house.now(), { id: 'g2', until: noEnd, sponsor: undefined })]
  return desk
}

const auditors = {
  roles: new Map([['auditors', { groups: ['staff'], users: [] }]]),
  console: { viewers: ['auditors'], admins: [], reviewEvery: 1 },
}

async function enter(): Promise<Visitor> {
  const ada = desk.browser()
  await ada.signIn()
  return ada
}

beforeEach(async () => {
  provider = await startProviderUnderTest()
})
afterEach(async () => {
  await desk.house.stop()
  await provider.stop()
})

test('a viewer sees user, app, sponsor and expiry, with every value escaped', async () => {
  open(auditors)
  const page = String((await (await enter()).get('/admin/external')).body)
  for (const text of ['External access', 'miro@partner.example', 'Wiki', 'V-1', 'erika@example.com', 'no end']) {
    expect(page).toContain(text)
  }
  expect(page).toContain('No sponsor is named.')
  expect(page).toContain('=cmd|x &lt;script&gt;')
  expect(page.match(/<th role="rowheader"/g)).toHaveLength(2)
  expect(page).toContain('href="/admin/external" aria-current="page"')
})

test('the filter keeps the rows whose person, organisation, application or sponsor has the words; the files stay whole', async () => {
  open(auditors)
  const ada = await enter()
  const rows = async (query: string) => {
    const page = String((await ada.get(`/admin/external?${query}`)).body)
    return [page.match(/<th role="rowheader"/g)?.length ?? 0, page] as const
  }
  for (const [query, count] of [
    ['q=MIRO', 2],
    ['q=miro+wiki', 2],
    ['q=erika', 1],
    ['q=nobody', 0],
    ['state=warned&q=erika', 1],
    ['state=over', 0],
    ['state=counts', 2],
    ['state=anything', 2],
    ['q=erika&q=nobody', 2],
  ] as const)
    expect([query, (await rows(query))[0]]).toEqual([query, count])
  expect((await rows('q=nobody'))[1]).toContain('No entry matches this filter.')
  const csv = String((await ada.get('/admin/external.csv?q=nobody')).body)
  expect(csv.trim().split('\r\n')).toHaveLength(3)
})

test('is available in German', async () => {
  open(auditors)
  const page = String((await (await enter()).get('/admin/external', { 'accept-language': 'de' })).body)
  for (const text of ['Externe Zugänge', 'Verantwortlich', 'nur lesen', 'Zuletzt genutzt', 'Jeder Status'])
    expect(page).toContain(text)
})

test('is served as a dated CSV file and as JSON', async () => {
  open(auditors)
  const ada = await enter()
  const csv = await ada.get('/admin/external.csv')
  expect(headersOf(csv).get('content-type')).toContain('text/csv')
  expect(headersOf(csv).get('content-disposition')).toMatch(
    /^attachment; filename="external-access-\d{4}-\d\d-\d\d\.csv"$/,
  )
  expect(String(csv.body)).toContain(`"'=cmd|x <script>"`)
  const json = JSON.parse(String((await ada.get('/admin/external.json')).body)) as { external: { id: string }[] }
  expect(json.external.map(({ id }) => id)).toEqual(['g1', 'g2'])
})

test.each<[string, Partial<Configuration>]>([
  ['no role is configured', {}],
  ['others are', { ...auditors, roles: new Map([['auditors', { groups: [], users: ['owner@example.com'] }]]) }],
  ['the role is empty', { ...auditors, roles: new Map([['auditors', { groups: [], users: [] }]]) }],
])('where %s, the pages are not there', async (_who, settings) => {
  open(settings)
  const ada = await enter()
  for (const path of ['/admin/external', '/admin/external.csv', '/admin/external.json']) {
    const { status, body } = await ada.get(path)
    expect([status, String(body).includes('miro@')]).toEqual([404, false])
  }
  expect(String((await ada.get('/requests')).body)).not.toContain('/admin/external')
})

test('an unauthenticated client is redirected to sign-in', async () => {
  open(auditors)
  expect((await desk.browser().get('/admin/external?q=miro')).status).toBe(303)
  const { status, body } = await desk.browser().get('/admin/external.csv')
  expect([status, String(body)]).toEqual([303, ''])
})
