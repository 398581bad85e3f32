// Sealed collection: listed before written, compare-and-set, sealed per record.

import { expect, test, vi } from 'vitest'
import { createMemoryStore } from '../../src/store/memory.ts'
import { createSeal } from '../../src/store/seal.ts'
import { createSealedCollection } from '../../src/store/sealed-collection.ts'
import type { Store } from '../../src/store/store.ts'

interface Loan {
  readonly book: string
  readonly until: number
  readonly note?: string | undefined
}

const day = 86_400_000

function setUp(wrap: (store: Store) => Store = (store) => store) {
  const clock = { at: 1_800_000_000_000 }
  const now = () => clock.at
  const store = createMemoryStore({ now })
  const loans = createSealedCollection<Loan>({
    store: wrap(store),
    seal: createSeal([Buffer.alloc(32, 5)]),
    now,
    kind: 'loan',
    idsKey: 'loans',
    extraIdsKey: (id) => `loans:${id[0]}`,
    until: ({ until }) => until,
    retention: day,
    revive: (loan) => ({ ...loan, note: loan.note }),
  })
  return { clock, store, loans, loan: (days: number): Loan => ({ book: 'Effi Briest', until: clock.at + days * day }) }
}

test('a record is sealed for its own key, and does not open under another', async () => {
  const { store, loans, loan } = setUp()
  expect(await loans.create('a1', loan(1))).toBe(true)
  expect(await loans.create('a1', loan(9))).toBe(false)
  expect(await loans.read('a1')).toEqual({ ...loan(1), note: undefined })
  const text = await store.get('loan:a1')
  expect(text).not.toContain('Effi')
  await store.set('loan:a2', text!, day)
  await store.addMember('loans', 'a2', day)
  expect(await loans.read('a2')).toBeUndefined()
  expect(await loans.readAll()).toHaveLength(1)
})

test('both sets list a record before it exists', async () => {
  const { store, loans, loan } = setUp((inner) => ({ ...inner, add: () => Promise.reject(new Error('away')) }))
  await expect(loans.create('a1', loan(1))).rejects.toThrow('away')
  expect(await store.members('loans')).toEqual(['a1'])
  expect(await store.members('loans:a')).toEqual(['a1'])
  expect(await loans.readAll()).toEqual([])
})

test('concurrent changes are both applied', async () => {
  const { loans, loan } = setUp()
  await loans.create('a1', loan(1))
  const longer = () => loans.change('a1', (found) => found && { ...found, until: found.until + day })
  await Promise.all([longer(), longer(), longer()])
  expect(await loans.read('a1')).toMatchObject(loan(4))
})

test('a change that returns undefined writes nothing', async () => {
  const { store, loans, loan } = setUp()
  await loans.create('a1', loan(1))
  const before = await store.get('loan:a1')
  expect(await loans.change('a1', () => undefined)).toBeUndefined()
  expect(await loans.change('b1', () => undefined)).toBeUndefined()
  expect(await store.get('loan:a1')).toBe(before)
  expect(await store.members('loans')).toEqual(['a1'])
})

test('a write whose response was lost and that was retried counts as written', async () => {
  const { loans, loan } = setUp((inner) => ({
    ...inner,
    add: async (...all) => (await inner.add(...all)) && false,
    replace: async (...all) => (await inner.replace(...all)) && false,
  }))
  expect(await loans.create('a1', loan(1))).toBe(true)
  expect(await loans.change('a1', () => loan(2))).toEqual(loan(2))
})

test('a record written concurrently all the time fails with an error, not a loop', async () => {
  const { loans, loan } = setUp((inner) => ({ ...inner, replace: () => Promise.resolve(false) }))
  await loans.create('a1', loan(1))
  const next = vi.fn(() => loan(2))
  await expect(loans.change('a1', next)).rejects.toMatchObject({ code: 'loan_contended' })
  expect(next).toHaveBeenCalledTimes(20)
})

test('an id is listed for as long as its record is kept', async () => {
  const { clock, store, loans, loan } = setUp()
  await loans.create('longer', loan(1))
  await loans.change('longer', () => loan(5))
  await loans.create('shorter', loan(5))
  await loans.change('shorter', () => loan(1))
  await loans.create('over', loan(1))
  clock.at += 1.5 * day
  await loans.change('over', (found) => found)
  clock.at += 0.9 * day
  // Two and a half days: kept one day after `until`, from the last write.
  expect((await store.members('loans')).sort()).toEqual(['longer', 'over', 'shorter'])
  expect(await loans.readAll()).toHaveLength(2)
  clock.at += 3 * day
  expect((await store.members('loans')).sort()).toEqual(['longer', 'shorter'])
  expect(await loans.readAll()).toHaveLength(1)
})
