import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { EmergencySettings, RequestSettings } from '../../../src/config/request-settings.ts'
import type { ActingUser } from '../../../src/grants/requests/repository.ts'
import { emergencySettings, requestSettings, subject } from '../../grants/requests/environment.ts'
import { startProviderUnderTest, type ProviderUnderTest } from '../../support/provider-under-test.ts'
import { headersOf } from '../reply-headers.ts'
import { fieldOf, gateway, locationOf, onwardOf, openDesk, type Desk, type Visitor } from '../web-client.ts'

const minute = 60_000
const hour = 60 * minute
let provider: ProviderUnderTest
let desk: Desk
let ada: Visitor

const rules = (more: Partial<RequestSettings> = {}) =>
  requestSettings({ eligible: { groups: ['staff'] }, approvers: { users: ['owner@example.com'] }, ...more })

async function open(requests?: RequestSettings, emergency?: EmergencySettings): Promise<void> {
  desk = openDesk(provider, [], { requests, emergency })
  ada = desk.browser()
  await ada.signIn()
}

beforeEach(async () => {
  provider = await startProviderUnderTest()
})
afterEach(async () => {
  await desk.house.stop()
  await provider.stop()
})

const owner: ActingUser = {
  kind: 'person',
  subject: subject('owner'),
  authentication: { acr: undefined, amr: ['otp'], authTime: undefined, mfa: true, phishingResistant: false },
  session: 's-owner',
  device: undefined,
  address: '192.0.2.9',
}
const typed = { app: 'wiki', level: 'read', length: String(hour), begin: 'now', reason: 'Month end' }
const all = () => desk.requests.all()
const body = async (url: string): Promise<string> => String((await ada.get(url)).body)

/** Signs in as another user in a separate browser. */
async function enter(person: Record<string, unknown>): Promise<Visitor> {
  const before = provider.person
  provider.person = { ...before, ...person }
  const visitor = desk.browser()
  await visitor.signIn()
  provider.person = before
  return visitor
}
const enterOwner = () => enter({ sub: 'owner', email: 'owner@example.com', name: 'Olga', groups: [], sid: 'sid-o' })

describe('the request form', () => {
  beforeEach(() => open(rules({ ticketPattern: 'INC-[0-9]+' })))

  test('shows the offer and the approvers, and redirects to the page of the request', async () => {
    const form = await body('/requests/new?app=wiki')
    for (const text of ['Ask for access to Wiki', 'owner@example.com', 'Full access', '4 hours', 'INC'])
      expect([text, form.includes(text)]).toEqual([text, text !== 'INC'])
    const reply = await ada.post('/requests/new', typed)
    expect(reply.status).toBe(303)
    expect(all()).toMatchObject([{ app: 'wiki', level: 'read', duration: hour, reason: 'Month end', state: 'open' }])
    expect(locationOf(reply)).toBe(`/requests/${all()[0]!.id}`)
    expect(await body(locationOf(reply))).toContain('Waiting for approval')
  })

  test('reports all validation errors at their fields, and keeps the input', async () => {
    const reply = await ada.post('/requests/new', {
      ...typed,
      length: 'own',
      amount: '7,5',
      unit: 'hours',
      begin: 'later',
      from: '2026-02-30T10:00',
      reason: ' ',
      ticket: '"><script>',
    })
    const page = String(reply.body)
    expect(reply.status).toBe(422)
    expect(page).toContain('That is too long: at most 4 hours.')
    expect(page).toContain('Enter the day and time at which access should start.')
    expect(page).toContain('Enter why you need it')
    expect(page).toContain('value="7,5"')
    expect(page).toContain('value="&quot;&gt;&lt;script&gt;"')
    expect(page).not.toContain('<script')
    expect(all()).toEqual([])
    // Rejections by the request repository appear at their field as well.
    const ticket = await ada.post('/requests/new', { ...typed, ticket: 'what?' })
    expect(ticket.status).toBe(422)
    expect(String(ticket.body)).toMatch(/id="ticket-error">This is not a valid ticket number/)
  })

  test('reports errors in the negotiated language', async () => {
    const reply = await ada.post('/requests/new', { ...typed, reason: '' }, { 'accept-language': 'de' })
    expect(String(reply.body)).toContain('Geben Sie an, wozu Sie den Zugang brauchen')
  })

  test('interprets the start time in the zone named on the form', async () => {
    const at = Temporal.Now.zonedDateTimeISO('Europe/Berlin').add({ days: 2 }).with({ hour: 8, minute: 30 })
    const from = at.toPlainDateTime().toString({ smallestUnit: 'minute' })
    await ada.post('/requests/new', { ...typed, begin: 'later', from })
    expect(all()[0]!.from).toBe(at.round('minute').with({ hour: 8, minute: 30 }).epochMilliseconds)
  })

  test('redirects a duplicate request to the open one', async () => {
    await ada.post('/requests/new', typed)
    const page = String((await ada.get('/requests/new?app=wiki')).body)
    expect(page).toContain('a second one is not needed')
    expect(locationOf(await ada.post('/requests/new', typed))).toBe(`/requests/${all()[0]!.id}?said=already_requested`)
    expect(all()).toHaveLength(1)
  })

  test.each([
    ['an unknown app', '/requests/new?app=erp'],
    ['an address', '/requests/new?app=https%3A%2F%2Fevil.example'],
    ['an emergency that is not offered', '/requests/new?app=wiki&emergency=1'],
    ['a grant that is not mine', '/requests/new?app=wiki&extends=x'],
  ])('%s cannot be asked for, and looks like nothing', async (_what, url) => {
    const reply = await ada.get(url)
    expect(reply.status).toBe(404)
    expect(String(reply.body)).not.toContain('evil')
    const query = Object.fromEntries(new URL(url, gateway.origin).searchParams)
    expect((await ada.post('/requests/new', { ...typed, ...query })).status).toBe(404)
    expect(all()).toEqual([])
  })

  test('rejects a cross-site form (CSRF)', async () => {
    for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }]) {
      expect((await ada.post('/requests/new', typed, headers)).status).toBe(403)
    }
    expect(all()).toEqual([])
  })

  test('HEAD changes and stores nothing', async () => {
    const stranger = desk.browser()
    const reply = await stranger.request('/requests/new?app=wiki', { method: 'HEAD' })
    expect(locationOf(reply)).toBe('/sign-in')
    expect((await ada.request('/requests/new?app=wiki', { method: 'HEAD' })).status).toBe(200)
    expect(all()).toEqual([])
  })
})

describe('a form draft', () => {
  test('survives a session that ended in the meantime', async () => {
    await open(rules())
    const late = desk.browser()
    const away = await late.post('/requests/new', { ...typed, reason: 'Ünïcode\nand lines' })
    expect(all()).toEqual([])
    const onward = onwardOf(away)
    expect(onward).not.toContain('lines')
    const back = locationOf(await late.signIn(fieldOf(onward, 'journey')))
    expect(back).toMatch(/^https:\/\/access\.example\.com\/requests\/new\?app=wiki&draft=[\w-]{43}$/)
    const form = String((await late.get(back)).body)
    expect(form).toContain('Everything you entered is still here')
    expect(form).toContain('Ünïcode\nand lines')
    expect(all()).toEqual([])
  })

  test('survives the step-up, which comes before the form, and again when the factor has expired', async () => {
    await open(rules({ freshMfa: { ask: 5 * minute, approve: undefined } }))
    const first = await ada.get('/requests/new?app=wiki')
    expect(first.status).toBe(303)
    provider.person = { ...provider.person, amr: ['pwd', 'otp'] }
    const back = locationOf(await ada.signIn(fieldOf(locationOf(first), 'journey')))
    expect(back).toBe(`${gateway.origin}/requests/new?app=wiki`)
    expect(await body(back)).toContain('Ask for access to Wiki')

    desk.house.advance(6 * minute)
    provider.now = desk.house.now
    const again = await ada.post('/requests/new', { ...typed, reason: 'Typed with care' })
    expect(all()).toEqual([])
    const filled = locationOf(await ada.signIn(fieldOf(onwardOf(again), 'journey')))
    const form = await body(filled)
    expect(form).toContain('Typed with care')
    expect(form).toContain('Your second factor is confirmed')
    expect((await ada.post('/requests/new', typed)).status).toBe(303)
    expect(all()).toHaveLength(1)
  })

  test('is not found under any other id', async () => {
    await open(rules())
    const { journey } = desk.house.signIn.returnContexts.create(
      { ...gateway, target: '/requests', app: undefined, stepUp: undefined, provider: undefined },
      undefined,
    )
    for (const draft of [journey, 'x'.repeat(43), '../x']) {
      const reply = await ada.get(`/requests/new?app=wiki&draft=${encodeURIComponent(draft)}`)
      expect(reply.status).toBe(200)
      expect(String(reply.body)).not.toContain('still here')
    }
  })
})

describe('the page of a request', () => {
  beforeEach(async () => {
    await open(rules())
    await ada.post('/requests/new', { ...typed, level: 'full' })
  })
  const path = () => `/requests/${all()[0]!.id}`

  test('shows the granted access and the time left, and reloads when it ends', async () => {
    await desk.requests.approve(all()[0]!.id, { level: 'read', duration: 20 * minute, comment: 'Read <first>' }, owner)
    const reply = await ada.get(path())
    const page = String(reply.body)
    expect(page).toMatch(/(?:19|20) minutes left/)
    expect(page).toContain('read only instead of full access, 20 minutes instead of 1 hour')
    expect(page).toContain('Read &lt;first&gt;')
    const refresh = Number(headersOf(reply).get('refresh'))
    expect(refresh).toBeGreaterThan(1100)
    expect(refresh).toBeLessThanOrEqual(1202)
    desk.house.advance(20 * minute + 1)
    const after = await ada.get(path())
    expect(String(after.body)).toContain('Ask again')
    expect(headersOf(after).has('refresh')).toBe(false)
  })

  test('looks again by itself while it waits, until that is stopped', async () => {
    const refresh = async () => headersOf(await ada.get(path())).get('refresh')
    expect(await refresh()).toBe('15')
    const stopped = await ada.post('/.einlass/refresh', { refresh: 'off' }, { referer: gateway.origin + path() })
    expect(locationOf(stopped)).toBe(gateway.origin + path())
    expect(await refresh()).toBeUndefined()
    await ada.post('/.einlass/refresh', { refresh: 'on' })
    expect(await refresh()).toBe('15')
  })

  test('is withdrawn once, by a same-origin form', async () => {
    expect((await ada.post(`${path()}/withdraw`, {}, { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    expect(all()[0]!.state).toBe('open')
    expect(locationOf(await ada.post(`${path()}/withdraw`))).toBe(`${path()}?said=withdrawn`)
    expect(all()[0]!.state).toBe('withdrawn')
    expect(locationOf(await ada.post(`${path()}/withdraw`))).toBe(`${path()}?said=request_closed`)
  })

  test('is not found by other users', async () => {
    const bob = await enter({ sub: 'person-2', email: 'bob@example.com', sid: 'sid-2' })
    const unknown = await bob.get('/requests/nothing-1')
    const foreign = await bob.get(path())
    expect(foreign.status).toBe(404)
    expect(foreign.body).toBe(unknown.body)
    expect((await bob.post(`${path()}/withdraw`)).status).toBe(404)
    expect((await bob.get(`/approvals/${all()[0]!.id}`)).status).toBe(404)
    expect((await bob.post(`/approvals/${all()[0]!.id}`, { act: 'approve' })).status).toBe(404)
    expect(all()[0]!.state).toBe('open')
    expect(String((await bob.get('/requests')).body)).not.toContain('Month end')
  })

  test('shows a flash message only on same-origin navigation', async () => {
    const said = (site: Record<string, string>) => ada.get(`${path()}?said=withdrawn`, site)
    expect(String((await said({ 'sec-fetch-site': 'same-origin' })).body)).toContain('Your request has been withdrawn')
    for (const site of ['none', 'cross-site', 'same-site'])
      expect(String((await said({ 'sec-fetch-site': site })).body)).not.toContain('Your request has been withdrawn')
    const unknown = await ada.get(`${path()}?said=constructor`, { 'sec-fetch-site': 'same-origin' })
    expect(unknown.status).toBe(200)
  })

  test('a grant is given back only by its owner', async () => {
    const { grant } = await desk.requests.approve(all()[0]!.id, {}, owner)
    const bob = await enter({ sub: 'person-2', email: 'bob@example.com', sid: 'sid-2' })
    expect((await bob.post('/grants/end', { grant: grant! })).status).toBe(404)
    expect((await ada.post('/grants/end', { grant: grant! }, { 'sec-fetch-site': 'none' })).status).toBe(403)
    expect(await body('/')).toContain('Give access back')
    expect(locationOf(await ada.post('/grants/end', { grant: grant! }))).toBe(`${path()}?said=returned`)
    expect(await body(path())).toContain('Access was ended early')
    expect(locationOf(await ada.post('/grants/end', { grant: grant! }))).toBe(`${path()}?said=not_returned`)
  })
})

describe('an approval', () => {
  let olga: Visitor
  beforeEach(async () => {
    await open(
      rules({ approvals: 2, approvers: { users: ['owner@example.com', 'boss@example.com', 'ada@example.com'] } }),
    )
    await ada.post('/requests/new', { ...typed, level: 'full' })
    olga = await enterOwner()
  })
  const path = () => `/approvals/${all()[0]!.id}`
  const approve = (fields: Record<string, string> = {}) =>
    olga.post(path(), { act: 'approve', level: 'full', length: String(hour), ...fields })

  test('is offered to approvers with a badge, never to the requester', async () => {
    expect(String((await olga.get('/')).body)).toContain('One request is waiting for you')
    expect(String((await olga.get('/approvals')).body)).toContain('Month end')
    expect(await body('/approvals')).not.toContain('Month end')
    expect(locationOf(await ada.get(path()))).toBe(`/requests/${all()[0]!.id}`)
    expect(locationOf(await ada.post(path(), { act: 'approve' }))).toContain('said=own_request')
    expect(locationOf(await olga.get(`/requests/${all()[0]!.id}`))).toBe(path())
  })

  test('can grant less, counts once, and waits for the second approver', async () => {
    expect(locationOf(await approve({ level: 'read', length: 'own', amount: '20', unit: 'minutes' }))).toBe(
      `${path()}?said=agreed`,
    )
    expect(all()[0]).toMatchObject({ state: 'open', approvals: [{ level: 'read', duration: 20 * minute }] })
    expect(locationOf(await approve())).toBe(`${path()}?said=approved_already`)
    const page = String((await olga.get(path())).body)
    expect(page).toContain('One more person has to approve it.')
    expect(page).not.toContain('value="approve"')
    const boss = await enter({ sub: 'boss', email: 'boss@example.com', name: 'Boris', sid: 'sid-b' })
    expect(locationOf(await boss.post(path(), { act: 'approve', level: 'full', length: String(hour) }))).toBe(
      `${path()}?said=approved`,
    )
    expect(all()[0]).toMatchObject({ state: 'approved', terms: { level: 'read' } })
  })

  test('never grants more than requested, and reports it at the field', async () => {
    const longer = await approve({ length: 'own', amount: '2', unit: 'hours', comment: 'Kept' })
    expect(longer.status).toBe(422)
    expect(String(longer.body)).toContain('longer than requested: at most 1 hour')
    expect(String(longer.body)).toContain('Kept')
    expect((await approve({ length: '0' })).status).toBe(422)
    expect((await approve({ length: '-5' })).status).toBe(422)
    expect(all()[0]!.approvals).toEqual([])
  })

  test('reports to a late approver what has happened, one sentence per case', async () => {
    const notice = async (reply: { readonly headers: readonly string[] }) => {
      const location = headersOf(reply as never).get('location')!
      return String((await olga.get(location, { 'sec-fetch-site': 'same-origin' })).body)
    }
    await ada.post(`/requests/${all()[0]!.id}/withdraw`)
    expect(await notice(await approve())).toContain('This request had already been decided')
    await ada.post('/requests/new', typed)
    desk.house.advance(25 * hour)
    provider.now = desk.house.now
    olga = await enterOwner()
    expect(await notice(await approve())).toContain('This request has expired without a decision')
    expect(all().map(({ grant }) => grant)).toEqual([undefined, undefined])
  })

  test('needs a same-origin form and a known action, and does nothing by GET or HEAD', async () => {
    expect((await olga.post(path(), { act: 'approve' }, { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    expect((await olga.post(path(), { act: 'promote' })).status).toBe(400)
    await olga.get(`${path()}?act=approve&level=full&length=${hour}`)
    await olga.request(path(), { method: 'HEAD' })
    expect(all()[0]).toMatchObject({ state: 'open', approvals: [] })
  })

  test('denies with a comment that the requester can read', async () => {
    await olga.post(path(), { act: 'deny', comment: 'Call me <b>first</b>' })
    expect(all()[0]!.state).toBe('denied')
    expect(await body(`/requests/${all()[0]!.id}`)).toContain('Call me &lt;b&gt;first&lt;/b&gt;')
  })
})

test('approving requires a fresh second factor where configured, and keeps the form', async () => {
  await open(rules({ freshMfa: { ask: undefined, approve: 5 * minute } }))
  await ada.post('/requests/new', typed)
  const olga = await enterOwner()
  const path = `/approvals/${all()[0]!.id}`
  const away = await olga.post(path, {
    act: 'approve',
    level: 'read',
    length: String(30 * minute),
    comment: 'All right',
  })
  expect(all()[0]!.approvals).toEqual([])
  provider.person = { ...provider.person, sub: 'owner', email: 'owner@example.com', sid: 'sid-o', amr: ['pwd', 'otp'] }
  const back = locationOf(await olga.signIn(fieldOf(onwardOf(away), 'journey')))
  const page = String((await olga.get(back)).body)
  expect(page).toContain('Nothing has been decided yet')
  expect(page).toContain('All right')
  expect(all()[0]!.approvals).toEqual([])
  await olga.post(path, { act: 'approve', level: 'read', length: String(30 * minute) })
  expect(all()[0]!.state).toBe('approved')
})

test('emergency access is granted at once, notified, and reviewed by another user', async () => {
  await open(
    rules(),
    emergencySettings({ eligible: { groups: ['staff'] }, reviewers: { users: ['owner@example.com'] } }),
  )
  const first = await ada.get('/requests/new?app=wiki&emergency=1')
  provider.person = { ...provider.person, amr: ['pwd', 'hwk', 'mfa'], acr: 'phr' }
  const back = locationOf(await ada.signIn(fieldOf(locationOf(first), 'journey')))
  expect(back).toContain('emergency=1')
  expect(await body(back)).toContain('Your name and your reason are sent immediately to owner@example.com')
  const fields = { app: 'wiki', emergency: '1', level: 'full', length: String(30 * minute) }
  expect((await ada.post('/requests/new', { ...fields, reason: '' })).status).toBe(422)
  const done = await ada.post('/requests/new', { ...fields, reason: 'Everything stands still' })
  expect(await body(locationOf(done))).toContain('Your access is open')

  const olga = await enterOwner()
  expect(String((await olga.get('/approvals')).body)).toContain('Emergencies to review')
  const path = `/approvals/${all()[0]!.id}`
  expect(locationOf(await olga.post(path, { act: 'review', comment: 'It was needed' }))).toBe(`${path}?said=reviewed`)
  expect(all()[0]!.reviewed).toMatchObject({ comment: 'It was needed' })
  expect(locationOf(await olga.post(path, { act: 'end' }))).toBe(`${path}?said=ended`)
  expect(await body(`/requests/${all()[0]!.id}`)).toContain('Access was ended early')
})

test('an extension is offered within the limits, and counts from the current end', async () => {
  await open(rules())
  await ada.post('/requests/new', typed)
  const { grant } = await desk.requests.approve(all()[0]!.id, {}, owner)
  const form = await body(`/requests/new?app=wiki&extends=${grant}`)
  expect(form).toContain('Ask for more time in Wiki')
  await ada.post('/requests/new', { ...typed, extends: grant!, length: String(2 * hour) })
  const extension = all().find((one) => one.extends !== undefined)!
  expect(await body(`/requests/${all().find((one) => one.extends === undefined)!.id}`)).toContain(
    'You have asked for more time',
  )
  const { terms } = await desk.requests.approve(extension.id, {}, owner)
  expect(terms!.until - terms!.from).toBe(3 * hour)
  // The extension limit is reached: no longer offered.
  expect((await ada.get(`/requests/new?app=wiki&extends=${grant}`)).status).toBe(404)
})
