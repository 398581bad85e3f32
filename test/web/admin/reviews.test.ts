// Access review pages: viewers read, admins decide and sign, with a step-up where the provider supports a second factor.

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startProviderUnderTest, type ProviderUnderTest } from '../../support/provider-under-test.ts'
import { locationOf, type Desk, type Visitor } from '../web-client.ts'
import { digestIn, idsIn, openReviewDesk } from './review-desk.ts'

let provider: ProviderUnderTest
let desk: Desk
let enter: () => Promise<Visitor>

async function open(role: 'viewers' | 'admins', mfa?: Parameters<typeof openReviewDesk>[2]): Promise<string> {
  const opened = await openReviewDesk(provider, role, mfa)
  desk = opened.desk
  enter = opened.enter
  return opened.folder
}

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
