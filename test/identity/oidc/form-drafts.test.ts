// Drafts of forms during a sign-in: in the browser without a session, in the store with one, for a working day, never of another form.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createFormDrafts, type DraftOwner } from '../../../src/identity/oidc/form-drafts.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import { createSeal } from '../../../src/store/seal.ts'
import type { Store } from '../../../src/store/store.ts'

const workingDay = 16 * 3_600_000
const fields = { app: 'erp', reason: 'Line 4 stands' }

let now: number
let store: Store
let asked: string[]
let isAllowed: boolean

beforeEach(() => {
  now = 1_800_000_000_000
  store = createMemoryStore({ now: () => now })
  asked = []
  isAllowed = true
})
afterEach(() => store.close())

const drafts = (key = 5) =>
  createFormDrafts({
    store,
    seal: createSeal([Buffer.alloc(32, key)]),
    rate: { acquire: (address) => (asked.push(address), isAllowed) },
    now: () => now,
  })
const owner = (more: Partial<DraftOwner> = {}): DraftOwner => ({
  signedIn: true,
  address: '192.0.2.1',
  cookies: undefined,
  ...more,
})
/** The Cookie field that a browser sends after these `Set-Cookie` values. */
const field = (cookies: readonly string[]) => cookies.map((cookie) => cookie.split(';')[0]).join('; ')

describe('with a session', () => {
  test('a draft is in the store for a working day, and can be read more than once', async () => {
    const kept = (await drafts().keep(fields, owner()))!
    expect(kept).toEqual({ id: expect.stringMatching(/^[\w-]{43}$/), cookies: [] })
    expect(asked).toEqual(['192.0.2.1'])
    now += workingDay - 1
    expect(await drafts().find(kept.id, undefined)).toEqual(fields)
    expect(await drafts().find(kept.id, 'other=1')).toEqual(fields)
    now += 1
    expect(await drafts().find(kept.id, undefined)).toBeUndefined()
  })

  test('nothing is kept beyond the rate limit', async () => {
    isAllowed = false
    expect(await drafts().keep(fields, owner())).toBeUndefined()
  })

  test('it has at most 16 KiB', async () => {
    const frame = JSON.stringify([now, { text: '' }]).length
    const text = 'x'.repeat(16_384 - frame)
    const kept = await drafts().keep({ text }, owner())
    expect(await drafts().find(kept!.id, undefined)).toEqual({ text })
    expect(await drafts().keep({ text: `${text}x` }, owner())).toBeUndefined()
    // Counted in bytes, and before the rate limit.
    expect(await drafts().keep({ text: `${text.slice(1)}ü` }, owner())).toBeUndefined()
    expect(asked).toHaveLength(1)
  })
})

describe('without a session', () => {
  const stranger = owner({ signedIn: false })

  test('a draft stays in the browser, sealed, and costs neither the store nor the rate limit', async () => {
    const kept = (await drafts().keep(fields, stranger))!
    expect(kept.cookies).toHaveLength(1)
    expect(kept.cookies[0]).toMatch(new RegExp(`^__Host-einlass-draft-${kept.id}=.*Max-Age=57600$`))
    expect(kept.cookies[0]).not.toContain('Line')
    expect(asked).toEqual([])
    expect(await drafts().find(kept.id, field(kept.cookies))).toEqual(fields)
    expect(await drafts().find(kept.id, undefined)).toBeUndefined()
  })

  test('counts for a working day, whatever the browser keeps', async () => {
    const kept = (await drafts().keep(fields, stranger))!
    now += workingDay - 1
    expect(await drafts().find(kept.id, field(kept.cookies))).toEqual(fields)
    now += 1
    expect(await drafts().find(kept.id, field(kept.cookies))).toBeUndefined()
  })

  test('has as many bytes as fit into a cookie', async () => {
    const frame = JSON.stringify([now, { text: '' }]).length
    const text = 'x'.repeat(2700 - frame)
    const kept = (await drafts().keep({ text }, stranger))!
    expect(kept.cookies[0]!.length).toBeLessThan(4096)
    expect(await drafts().find(kept.id, field(kept.cookies))).toEqual({ text })
    expect(await drafts().keep({ text: `${text}x` }, stranger)).toBeUndefined()
    expect(await drafts().keep({ text: `${text.slice(1)}ü` }, stranger)).toBeUndefined()
  })

  test('replaces the one before: a browser keeps one draft', async () => {
    const first = (await drafts().keep(fields, stranger))!
    const second = (await drafts().keep(fields, owner({ signedIn: false, cookies: field(first.cookies) })))!
    expect(second.cookies).toHaveLength(2)
    expect(second.cookies[1]).toMatch(new RegExp(`^__Host-einlass-draft-${first.id}=; .*Max-Age=0$`))
  })

  test('of another id, or sealed by another gateway, is not found', async () => {
    const [one, other] = [(await drafts().keep(fields, stranger))!, (await drafts().keep(fields, stranger))!]
    expect(await drafts().find(one.id, field(other.cookies))).toBeUndefined()
    const swapped = field(other.cookies).replace(other.id, one.id)
    expect(await drafts().find(one.id, swapped)).toBeUndefined()
    expect(await drafts(6).find(one.id, field(one.cookies))).toBeUndefined()
  })
})

test('without an id, or with one that was never given, there is no draft', async () => {
  expect(await drafts().find(undefined, undefined)).toBeUndefined()
  expect(await drafts().find('x'.repeat(43), undefined)).toBeUndefined()
})
