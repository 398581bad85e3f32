// Return contexts of a sign-in: sealed, for a working day, in one browser, and never a redirect to another place.

import { beforeEach, describe, expect, test } from 'vitest'
import type { Destination } from '../../../src/identity/oidc/return-context.ts'
import { createReturnContexts, decodeStepUp, encodeStepUp } from '../../../src/identity/oidc/return-contexts.ts'
import { createSeal } from '../../../src/store/seal.ts'

const workingDay = 16 * 3_600_000
let now: number
beforeEach(() => void (now = 1_800_000_000_000))

const contexts = (key = 5) =>
  createReturnContexts({
    seal: createSeal([Buffer.alloc(32, key)]),
    gatewayHost: () => 'access.example.com',
    now: () => now,
  })
const destination = (more: Partial<Destination> = {}): Destination => ({
  origin: 'https://wiki.example.com',
  host: 'wiki.example.com',
  target: '/page?x=1',
  app: 'wiki',
  stepUp: undefined,
  provider: undefined,
  ...more,
})
const field = (cookies: readonly string[]) => cookies.map((cookie) => cookie.split(';')[0]).join('; ')
const own = (target: string) =>
  contexts().open(
    contexts().create(
      destination({ origin: 'https://access.example.com', host: 'access.example.com', target }),
      undefined,
    ).journey,
  )?.target

describe('to an app', () => {
  test('the target stays in a cookie there; the parameter names it', () => {
    const { journey, cookies } = contexts().create(destination(), undefined)
    const context = contexts().open(journey)!
    expect(context).toEqual({
      ...destination(),
      target: '/',
      page: { id: expect.stringMatching(/^[\w-]{16}$/), hash: expect.stringMatching(/^[\w-]{43}$/) },
      at: now,
    })
    expect(journey).not.toContain('page')
    expect(contexts().takePage('wiki.example.com', field(cookies), context.page!)).toEqual({
      target: '/page?x=1',
      cookie: expect.stringMatching(new RegExp(`^__Host-einlass-page-${context.page!.id}=; .*Max-Age=0$`)),
    })
  })

  test('a target is taken on its own host, by its own browser, with its own cookie', () => {
    const { journey, cookies } = contexts().create(destination(), undefined)
    const page = contexts().open(journey)!.page!
    const take = (host: string, cookie: string | undefined, given = page) => contexts().takePage(host, cookie, given)
    expect(take('erp.example.com', field(cookies))).toBeUndefined()
    expect(take('wiki.example.com', undefined)).toBeUndefined()
    expect(take('wiki.example.com', field(cookies), { ...page, hash: 'x' })).toBeUndefined()
    expect(take('wiki.example.com', field(cookies), { ...page, id: 'x' })).toBeUndefined()
    const other = contexts().create(destination(), undefined)
    const swapped = field(other.cookies).replace(/-page-[\w-]+=/, `-page-${page.id}=`)
    expect(take('wiki.example.com', swapped)).toBeUndefined()
  })

  test('both count for a working day', () => {
    const { journey, cookies } = contexts().create(destination(), undefined)
    const page = contexts().open(journey)!.page!
    now += workingDay - 1
    expect(contexts().open(journey)).toBeDefined()
    expect(contexts().takePage('wiki.example.com', field(cookies), page)).toBeDefined()
    now += 1
    expect(contexts().open(journey)).toBeUndefined()
    expect(contexts().takePage('wiki.example.com', field(cookies), page)).toBeUndefined()
  })

  test('a context that is sealed again keeps its age', () => {
    const context = contexts().open(contexts().create(destination(), undefined).journey)!
    now += workingDay - 1
    const again = contexts().seal(context)
    expect(contexts().open(again)).toEqual(context)
    now += 1
    expect(contexts().open(again)).toBeUndefined()
  })
})

describe('a cookie for the same target', () => {
  const again = (cookies: string | undefined, shared: boolean | undefined, more: Partial<Destination> = {}) => {
    const { journey, cookies: set } = contexts().create(destination(more), cookies, shared)
    return { set: set.length, page: contexts().open(journey)!.page! }
  }

  test('is used again where that is asked for, in the first half of its time', () => {
    const first = contexts().create(destination(), undefined)
    const page = contexts().open(first.journey)!.page!
    expect(again(field(first.cookies), true)).toEqual({ set: 0, page })
    expect(again(field(first.cookies), undefined)).toMatchObject({ set: 1 })
    now += workingDay / 2 - 1
    expect(again(field(first.cookies), true)).toEqual({ set: 0, page })
    now += 1
    expect(again(field(first.cookies), true)).toMatchObject({ set: 1 })
  })

  test('is not that of another target, host or gateway', () => {
    const { cookies } = contexts().create(destination(), undefined)
    expect(again(field(cookies), true, { target: '/other' }).set).toBe(1)
    expect(again(field(cookies), true, { host: 'erp.example.com', origin: 'https://erp.example.com' }).set).toBe(1)
    const foreign = contexts(6).create(destination(), undefined)
    expect(again(field(foreign.cookies), true).set).toBe(1)
    expect(again(undefined, true).set).toBe(1)
  })
})

describe('on the gateway itself', () => {
  test('the target is in the parameter, without a cookie', () => {
    const here = destination({ origin: 'https://access.example.com', host: 'access.example.com', target: '/requests' })
    const { journey, cookies } = contexts().create(here, undefined)
    expect(cookies).toEqual([])
    expect(contexts().open(journey)).toEqual({ ...here, page: undefined, at: now })
  })

  test.each([
    ['/a?b=c', '/a?b=c'],
    ['/', '/'],
    ['', '/'],
    ['a', '/'],
    ['https://evil.test/', '/'],
    ['/a b', '/'],
    // As a browser would send them: neither is another path.
    ['/a\\b', '/a%5Cb'],
    ['/\u00e4', '/%E4'],
    ['/a\u0000', '/'],
    ['/~!', '/~!'],
    [`/${'x'.repeat(999)}`, `/${'x'.repeat(999)}`],
    [`/${'x'.repeat(1000)}`, '/'],
    [`/a?${'x'.repeat(1000)}`, '/a'],
  ])('a target %.20j becomes %.20j', (target, kept) => expect(own(target)).toBe(kept))
})

test('a target at an app has at most 2700 characters; else its page without the query is kept', () => {
  const kept = (target: string) => {
    const { journey, cookies } = contexts().create(destination({ target }), undefined)
    return contexts().takePage('wiki.example.com', field(cookies), contexts().open(journey)!.page!)?.target
  }
  expect(kept(`/${'x'.repeat(2699)}`)).toHaveLength(2700)
  expect(kept(`/a?${'x'.repeat(2700)}`)).toBe('/a')
  expect(kept(`/${'x'.repeat(2700)}`)).toBe('/')
})

test.each<[string, (journey: string) => string | undefined]>([
  ['absent', () => undefined],
  ['empty', () => ''],
  ['without a dot', (journey) => journey.replaceAll('.', '')],
  ['cut', (journey) => journey.slice(0, -1)],
  ['of another id', (journey) => `x${journey}`],
  ['too long', (journey) => journey.padEnd(4097, 'x')],
])('a parameter that is %s opens nothing', (_says, change) => {
  const { journey } = contexts().create(destination(), undefined)
  expect(contexts().open(change(journey))).toBeUndefined()
  expect(contexts(6).open(journey)).toBeUndefined()
})

test('what a step-up must prove, and by which provider, travels along', () => {
  const host = 'wiki.example.com:8443'
  const wanted = destination({
    origin: 'https://wiki.example.com',
    host,
    app: undefined,
    provider: 'corp',
    stepUp: { level: 'mfa', maxAge: 60_000, silent: true },
  })
  expect(contexts().open(contexts().create(wanted, undefined).journey)).toMatchObject({ ...wanted, target: '/' })
})

test.each([
  undefined,
  { level: 'any', maxAge: undefined },
  { level: 'mfa', maxAge: 0 },
  { level: 'phishing_resistant', maxAge: 5, silent: true },
] as const)('a step-up %j is read as it was written', (stepUp) => {
  expect(decodeStepUp(encodeStepUp(stepUp))).toStrictEqual(stepUp)
})
