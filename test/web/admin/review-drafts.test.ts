// Drafts of access reviews: answers survive leaving the page, an incomplete signature, a step-up and the end of the session.

import { readdir } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startProviderUnderTest, type ProviderUnderTest } from '../../support/provider-under-test.ts'
import { locationOf, type Visitor } from '../web-client.ts'
import { digestIn, idsIn, openReviewDesk, type ReviewDesk } from './review-desk.ts'

let provider: ProviderUnderTest
let opened: ReviewDesk
const path = '/admin/reviews/wiki'

/** Decision that is checked, by line id. */
const checkedIn = (page: string): Record<string, string> =>
  Object.fromEntries(
    [...page.matchAll(/name="line-([0-9a-f]+)"\s+value="(\w+)"\s+required\s+checked/g)].map(([, id, value]) => [
      id,
      value,
    ]),
  )
const read = async (ada: Visitor, query = ''): Promise<string> =>
  String((await ada.get(path + query, { 'sec-fetch-site': 'same-origin' })).body)
/** The page, and the fields that end its grant, the first line that asks for an answer. */
async function begin(ada: Visitor): Promise<{ id: string; fields: Record<string, string> }> {
  const page = await read(ada)
  const id = idsIn(page).find((one) => !(one in checkedIn(page)))!
  return { id, fields: { digest: digestIn(page), [`line-${id}`]: 'end' } }
}
const untouched = async (): Promise<void> => {
  expect(opened.desk.parts.grants.all()[0]!.revokedAt).toBeUndefined()
  expect(await readdir(opened.folder)).not.toContain('reviews')
}

beforeEach(async () => {
  provider = await startProviderUnderTest()
})
afterEach(async () => {
  await opened.desk.house.stop()
  await provider.stop()
})

test('a saved draft is filled in again for its reviewer, is on the list, and ends nothing', async () => {
  opened = await openReviewDesk(provider, 'admins')
  const ada = await opened.enter()
  const { id, fields } = await begin(ada)
  const saved = await ada.post(`${path}/draft`, fields)
  expect([saved.status, locationOf(saved)]).toEqual([303, `${path}?said=saved`])
  const after = await read(ada, '?said=saved')
  expect(after).toContain('Your draft has been saved.')
  expect(checkedIn(after)[id]).toBe('end')
  const later = await read(await opened.enter())
  expect(later).toContain('is filled in again')
  expect(checkedIn(later)[id]).toBe('end')
  expect(String((await ada.get('/admin/reviews')).body)).toContain('Draft saved')
  await untouched()
})

test('another reviewer sees nothing of it', async () => {
  opened = await openReviewDesk(provider, 'admins')
  const { id, fields } = await begin(await opened.enter())
  const ada = await opened.enter()
  await ada.post(`${path}/draft`, fields)
  provider.person = { ...provider.person, sub: 'person-2', email: 'thomas@example.com' }
  const thomas = await opened.enter()
  // Thomas has signed in and so is a line himself.
  const page = await read(thomas)
  expect(idsIn(page)).toContain(id)
  expect(id in checkedIn(page)).toBe(false)
  expect(page).not.toContain('filled in again')
  expect(String((await thomas.get('/admin/reviews')).body)).not.toContain('Draft saved')
})

test('a signature that misses answers keeps those it has', async () => {
  opened = await openReviewDesk(provider, 'admins')
  const ada = await opened.enter()
  const { id, fields } = await begin(ada)
  expect(String((await ada.post(path, fields)).body)).toContain('Please decide on every line before signing.')
  expect(checkedIn(await read(ada))[id]).toBe('end')
  await untouched()
})

test('a second factor asked for at the signature keeps the answers', async () => {
  opened = await openReviewDesk(provider, 'admins')
  const ada = await opened.enter()
  const { id, fields } = await begin(ada)
  const [settings] = opened.desk.parts.config().providers.values()
  Object.assign(settings!, { mfa: { amrAny: ['otp'], acrAny: [] } })
  expect(String((await ada.post(path, fields)).body)).toContain('/sign-in?journey=')
  Object.assign(settings!, { mfa: { amrAny: [], acrAny: [] } })
  expect(checkedIn(await read(ada))[id]).toBe('end')
  await untouched()
})

test('saving asks for no second factor, neither before nor after', async () => {
  opened = await openReviewDesk(provider, 'admins')
  const ada = await opened.enter()
  const { id, fields } = await begin(ada)
  const [settings] = opened.desk.parts.config().providers.values()
  Object.assign(settings!, { mfa: { amrAny: ['otp'], acrAny: [] } })
  expect(locationOf(await ada.post(`${path}/draft`, fields))).toBe(`${path}?said=saved`)
  const page = await read(ada, '?said=saved')
  expect(checkedIn(page)[id]).toBe('end')
  expect(page).toContain('You will be asked to confirm your second factor before signing.')
  expect((await ada.get(path)).status).toBe(303)
})

test('the end of the session loses no answer: the sign-in returns to the page with them', async () => {
  opened = await openReviewDesk(provider, 'admins')
  const { id, fields } = await begin(await opened.enter())
  for (const to of [path, `${path}/draft`]) {
    const ada = opened.desk.browser()
    const sent = await ada.post(to, fields)
    const journey = /journey=([^"&]+)/.exec(String(sent.body))![1]!
    const back = new URL(locationOf(await ada.signIn(journey))!, 'https://access.example.com')
    expect(back.pathname).toBe(path)
    const page = await read(ada, back.search)
    expect(page).toContain('Your answers are filled in again.')
    expect(checkedIn(page)[id]).toBe('end')
  }
  await untouched()
})

test('answers to lines that have changed are not saved, and the page says so', async () => {
  opened = await openReviewDesk(provider, 'admins')
  const ada = await opened.enter()
  const { id, fields } = await begin(ada)
  const sent = await ada.post(`${path}/draft`, { ...fields, digest: 'f'.repeat(32) })
  expect(String(sent.body)).toContain('has changed in the meantime')
  expect(id in checkedIn(await read(ada))).toBe(false)
})

test('a signed review leaves no draft behind', async () => {
  opened = await openReviewDesk(provider, 'admins')
  const ada = await opened.enter()
  const page = await read(ada)
  const all = Object.fromEntries(idsIn(page).map((id) => [`line-${id}`, 'keep']))
  expect((await ada.post(path, { ...all, digest: digestIn(page) })).status).toBe(303)
  expect(await read(ada)).not.toContain('filled in again')
  expect(String((await ada.get('/admin/reviews')).body)).not.toContain('Draft saved')
})

test('what is kept by default is not saved as an answer', async () => {
  opened = await openReviewDesk(provider, 'admins')
  const ada = await opened.enter()
  const { fields } = await begin(ada)
  const [session] = await opened.desk.house.sessions.all()
  opened.desk.people.recordUse(session!, 'wiki', opened.desk.house.now())
  const page = await read(ada)
  const [[kept]] = Object.entries(checkedIn(page)) as [[string, string]]
  await ada.post(`${path}/draft`, { digest: fields['digest']!, [`line-${kept}`]: 'keep' })
  expect(await read(ada)).not.toContain('filled in again')
})

test('a page of another site saves nothing (CSRF), and neither does a viewer', async () => {
  opened = await openReviewDesk(provider, 'viewers')
  const viewer = await opened.enter()
  const draft = (await opened.desk.parts.reviews.draft('wiki'))!
  const fields = { digest: draft.digest, [`line-${draft.lines[0]!.id}`]: 'keep' }
  expect((await viewer.post(`${path}/draft`, fields)).status).toBe(404)
  await opened.desk.house.stop()
  opened = await openReviewDesk(provider, 'admins')
  const ada = await opened.enter()
  const own = await begin(ada)
  expect((await ada.post(`${path}/draft`, own.fields, { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
  expect(await read(ada)).not.toContain('filled in again')
})
