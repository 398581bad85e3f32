// Saved answers of an access review: sealed, for one reviewer, for the line that was shown, for 14 days or until a signature.

import { beforeEach, expect, test } from 'vitest'
import type { ReviewLine } from '../../../src/grants/reviews/lines.ts'
import { answerRetention, createSavedAnswers, type SavedAnswers } from '../../../src/grants/reviews/saved-answers.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import { createSeal } from '../../../src/store/seal.ts'

let now: number
let store: ReturnType<typeof createMemoryStore>
let answers: SavedAnswers

const line = (id: string, more: Partial<ReviewLine> = {}): ReviewLine => ({
  id,
  who: `company|${id}`,
  name: undefined,
  email: `${id}@example.com`,
  external: false,
  way: 'grant',
  rule: 'for a while',
  by: ['read'],
  grant: `g-${id}`,
  until: 1000,
  declaredAt: undefined,
  besides: [],
  lastUsed: undefined,
  ...more,
})
const lines = [line('a'), line('b'), line('c')]
const decisions = new Map([
  ['a', 'keep'],
  ['b', 'end'],
] as const)
const erika = 'company|erika'

beforeEach(() => {
  now = 1_800_000_000_000
  store = createMemoryStore({ now: () => now })
  answers = createSavedAnswers({ store, seal: createSeal([Buffer.alloc(32, 7)]), now: () => now })
})

test('come back for the same reviewer and app, and for nobody else', async () => {
  await answers.save('erp', erika, lines, decisions)
  const at = now
  now += 3_600_000
  expect(await answers.restore('erp', erika, lines, undefined)).toEqual({ at, decisions, dropped: 0 })
  expect(await answers.savedAt('erp', erika, undefined)).toBe(at)
  for (const [app, account] of [
    ['erp', 'company|thomas'],
    ['erp', 'partner|erika'],
    ['wiki', erika],
  ] as const)
    expect(await answers.restore(app, account, lines, undefined)).toBeUndefined()
})

test('hold for the line that was shown: not for one that has changed, is gone, or is new', async () => {
  await answers.save('erp', erika, lines, decisions)
  const changed = [line('a', { by: ['full'] }), line('b', { lastUsed: now }), line('d')]
  const restored = await answers.restore('erp', erika, changed, undefined)
  expect(restored?.decisions).toEqual(new Map([['b', 'end']]))
  expect(restored?.dropped).toBe(1)
})

test('replace those saved before, and none at all removes them', async () => {
  await answers.save('erp', erika, lines, decisions)
  await answers.save('erp', erika, lines, new Map([['c', 'keep']]))
  expect((await answers.restore('erp', erika, lines, undefined))?.decisions).toEqual(new Map([['c', 'keep']]))
  await answers.save('erp', erika, lines, new Map())
  expect(await answers.restore('erp', erika, lines, undefined)).toBeUndefined()
})

test('end 14 days after the last saving, and with a signature of anybody', async () => {
  await answers.save('erp', erika, lines, decisions)
  expect(await answers.restore('erp', erika, lines, now - 1)).toBeDefined()
  expect(await answers.restore('erp', erika, lines, now)).toBeUndefined()
  expect(await answers.savedAt('erp', erika, now + 1)).toBeUndefined()
  now += answerRetention - 1
  expect(await answers.restore('erp', erika, lines, undefined)).toBeDefined()
  now += 1
  expect(await answers.restore('erp', erika, lines, undefined)).toBeUndefined()
})

test('are sealed: who reads or writes the store learns none, and cannot give one reviewer those of another', async () => {
  const records = new Map<string, string>()
  const spied = createSavedAnswers({
    store: {
      get: (key) => Promise.resolve(records.get(key)),
      set: (key, value) => Promise.resolve(void records.set(key, value)),
      remove: (key) => Promise.resolve(records.delete(key)),
    },
    seal: createSeal([Buffer.alloc(32, 7)]),
    now: () => now,
  })
  await spied.save('erp', erika, lines, decisions)
  await spied.save('erp', 'company|thomas', lines, new Map([['a', 'end']]))
  const [own, other] = [...records.keys()]
  expect([...records].join()).not.toMatch(/erika|thomas|keep|end"/)
  records.set(own!, records.get(other!)!)
  expect(await spied.restore('erp', erika, lines, undefined)).toBeUndefined()
  await spied.discard('erp', erika)
  expect([...records.keys()]).toEqual([other])
})
