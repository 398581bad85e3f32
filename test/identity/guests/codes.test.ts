// One-time codes of guests: kept as a keyed hash, five tries, one use, and how people write them.

import { describe, expect, test } from 'vitest'
import { codeLifetime, createCodes, digitsOf, maxTries } from '../../../src/identity/guests/codes.ts'
import { guestSub, guestSubject, isGuestAddress } from '../../../src/identity/guests/guest-subject.ts'
import { createMailBudget, addressPeriod, maxCodes, maxOfBlock } from '../../../src/identity/guests/mail-budget.ts'
import { newToken } from '../../../src/identity/session/opaque-token.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import { createSeal } from '../../../src/store/seal.ts'
import type { Configuration } from '../../../src/config/configuration.ts'

function house() {
  const clock = { at: Date.now() }
  const store = createMemoryStore({ now: () => clock.at })
  const values: string[] = []
  const watched = {
    ...store,
    set: (key: string, value: string, ttl: number) => (values.push(key, value), store.set(key, value, ttl)),
  }
  return { clock, store, values, codes: createCodes({ store: watched, seal: createSeal([Buffer.alloc(32, 7)]) }) }
}

const wrongOf = (code: string): string => code.replace(/^./, (digit) => String((Number(digit) + 1) % 10))

describe('a code', () => {
  test('has ten digits, is right once, and is not in the store', async () => {
    const { codes, values } = house()
    const token = newToken()
    const code = await codes.issue(token)
    expect(code).toMatch(/^\d{10}$/)
    expect(values.join(' ')).not.toContain(code)
    expect(values.join(' ')).not.toContain(token)
    expect(await codes.check(token, code)).toEqual({ state: 'right' })
    expect(await codes.check(token, code)).toEqual({ state: 'spent' })
  })

  test('of two right answers at once one is right', async () => {
    const { codes } = house()
    const token = newToken()
    const code = await codes.issue(token)
    const states = await Promise.all([codes.check(token, code), codes.check(token, code)])
    expect(states.map(({ state }) => state).toSorted()).toEqual(['right', 'spent'])
  })

  test('has five tries, however many come at once', async () => {
    const { codes } = house()
    const token = newToken()
    const code = await codes.issue(token)
    const wrong = await Promise.all(Array.from({ length: 50 }, () => codes.check(token, wrongOf(code))))
    expect(wrong.filter(({ state }) => state === 'wrong')).toHaveLength(maxTries - 1)
    expect(await codes.check(token, code)).toEqual({ state: 'spent' })
  })

  test('is over after ten minutes, and of another browser is none', async () => {
    const { codes, clock } = house()
    const [token, other] = [newToken(), newToken()]
    const code = await codes.issue(token)
    expect(await codes.check(other, code)).toEqual({ state: 'spent' })
    clock.at += codeLifetime
    expect(await codes.check(token, code)).toEqual({ state: 'spent' })
  })

  test.each([
    ['1234567890', '1234567890'],
    [' 12345 67890\n', '1234567890'],
    ['12345-67890', '1234567890'],
    ['12345\u00a067890', '1234567890'],
    ['123456789', undefined],
    ['12345678901', undefined],
    ['１２３４５６７８９０', undefined],
    ['١٢٣٤٥٦٧٨٩٠', undefined],
    ['1234567890; --', undefined],
  ])('written %j is %j', (written, digits) => expect(digitsOf(written)).toBe(digits))
})

describe('mails', () => {
  test('are three for an address in a quarter of an hour, and three for browsers its guest has used', async () => {
    const { store, clock } = house()
    const budget = createMailBudget(store)
    const ask = (known: boolean) =>
      Promise.all(Array.from({ length: 9 }, () => budget.acquireAddress('a@b.example', known)))
    expect((await ask(false)).filter(Boolean)).toHaveLength(maxCodes)
    expect((await ask(true)).filter(Boolean)).toHaveLength(maxCodes)
    expect(await budget.acquireAddress('other@b.example', false)).toBe(true)
    clock.at += addressPeriod
    expect(await budget.acquireAddress('a@b.example', false)).toBe(true)
  })

  test('are bounded for an address block, whatever they are asked for', async () => {
    const { store } = house()
    const budget = createMailBudget(store)
    const asked = await Promise.all(
      Array.from({ length: 40 }, (_, index) => budget.acquireBlock(`2001:db8:1:2${String(index).padStart(2, '0')}::1`)),
    )
    expect(asked.filter(Boolean)).toHaveLength(maxOfBlock)
    expect(await budget.acquireBlock('192.0.2.1')).toBe(true)
  })
})

describe('a guest', () => {
  const configuration = (domains: readonly string[], foreign: readonly string[] = []) =>
    ({
      guests: { mail: {}, domains, external: true },
      providers: new Map([['guests', { foreignDomains: new Set(foreign) }]]),
    }) as unknown as Pick<Configuration, 'guests' | 'providers'>

  test('is the same person in every spelling of one address, and another with a plus', () => {
    const of = (typed: string) => guestSubject(typed, configuration([]))
    expect(of(' Kim@Supplier.EXAMPLE')).toMatchObject({
      provider: 'guests',
      sub: guestSub('kim@supplier.example'),
      external: true,
    })
    expect(of('kim@supplier.example')?.sub).toBe(of('KIM@supplier.example')?.sub)
    expect(of('kim+x@supplier.example')?.sub).not.toBe(of('kim@supplier.example')?.sub)
    expect(of('kim@m\u00fcller.example')?.email).toBe('kim@xn--mller-kva.example')
    for (const none of [
      'kim',
      'kim@',
      '@x.example',
      'a@b@c.example',
      'kim @x.example',
      '.kim@x.example',
      '\u212aim@x.example',
    ])
      expect([none, of(none)]).toEqual([none, undefined])
  })

  test('never has an address that a provider vouches for, nor one of another domain than those listed', () => {
    expect(isGuestAddress('a@supplier.example', configuration([]))).toBe(true)
    expect(isGuestAddress('a@company.example', configuration([], ['company.example']))).toBe(false)
    expect(isGuestAddress('a@other.example', configuration(['supplier.example']))).toBe(false)
    expect(isGuestAddress('a@sub.supplier.example', configuration(['supplier.example']))).toBe(false)
  })
})
