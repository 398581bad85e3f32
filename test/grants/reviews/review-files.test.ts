// Files of access reviews: never overwritten, readable by the group alone, and where they belong; due dates of reviews.

import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Configuration } from '../../../src/config/configuration.ts'
import { createReviews, type Signature } from '../../../src/grants/reviews/reviews.ts'
import { hashOfReview, openReviewFile, type ReviewContent } from '../../../src/grants/reviews/signed-file.ts'
import type { Grant } from '../../../src/policy/grant.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import { createSeal } from '../../../src/store/seal.ts'
import { allow, app, day, grant, hour, noon, subject } from '../../policy/access-request-fixtures.ts'

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'einlass-review-files-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

const content: ReviewContent = {
  format: 1,
  app: 'erp',
  title: 'ERP',
  configuration: 'c0ffee',
  lines: [],
  notes: [],
  reviewer: undefined,
  at: '2026-12-01T08:00:00Z',
}

describe('a file', () => {
  test('is JSON with its hash on one line, and Markdown beside it, closed to others', async () => {
    const folder = join(await temporary(), 'deep', 'reviews')
    const file = await openReviewFile(folder, '2026-12-01', 'erp')
    expect(file.name).toBe('2026-12-01-erp.json')
    const sha256 = await file.write(content, 'de')
    expect(sha256).toBe(hashOfReview(content))
    expect(await readFile(join(folder, file.name), 'utf8')).toBe(
      `{"sha256":"${sha256}","content":${JSON.stringify(content)}}\n`,
    )
    expect(await readFile(join(folder, '2026-12-01-erp.md'), 'utf8')).toContain('Wer ERP erreichen kann')
    for (const path of [folder, join(folder, file.name), join(folder, '2026-12-01-erp.md')]) {
      expect((await stat(path)).mode & 0o007).toBe(0)
    }
  })

  test('never replaces another: later ones of a day are numbered', async () => {
    const folder = await temporary()
    const names: string[] = []
    for (let count = 0; count < 3; count++) {
      const file = await openReviewFile(folder, '2026-12-01', 'erp')
      names.push(file.name)
      await file.write({ ...content, title: `${count}` }, 'en')
    }
    expect(names).toEqual(['2026-12-01-erp.json', '2026-12-01-erp-2.json', '2026-12-01-erp-3.json'])
    expect(await readFile(join(folder, names[0]!), 'utf8')).toContain('"title":"0"')
    expect(await readFile(join(folder, '2026-12-01-erp-2.md'), 'utf8')).toContain('# Who can reach 1')
  })

  test('that was discarded leaves nothing, and its name is free', async () => {
    const folder = await temporary()
    const file = await openReviewFile(folder, '2026-12-01', 'erp')
    await file.discard()
    const again = await openReviewFile(folder, '2026-12-01', 'erp')
    expect(again.name).toBe(file.name)
    await again.discard()
    const written = await openReviewFile(folder, '2026-12-01', 'wiki')
    await written.write(content, 'en')
    await written.discard()
    await expect(stat(join(folder, '2026-12-01-wiki.json'))).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(stat(join(folder, '2026-12-01-wiki.md'))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('that cannot be opened for another reason than its name rejects', async () => {
    const folder = await temporary()
    await expect(openReviewFile(folder, '2026-12-01', 'no/where')).rejects.toMatchObject({ code: 'ENOENT' })
    await writeFile(join(folder, 'file'), '')
    await expect(openReviewFile(join(folder, 'file', 'reviews'), '2026-12-01', 'erp')).rejects.toMatchObject({
      code: 'ENOTDIR',
    })
  })
})

describe('reviews', () => {
  async function stage(more: Partial<Configuration> = {}, grants: readonly Grant[] = []) {
    const folder = await temporary()
    const clock = { at: noon }
    const store = createMemoryStore({ now: () => clock.at })
    onTestFinished(() => store.close())
    const declaration = app([allow('staff', { groups: ['staff'] }), allow('for a while', { grant: 'required' })])
    const one = (name: string) => ({
      name,
      title: name.toUpperCase(),
      declaration: { ...declaration, name },
      public: [],
    })
    const configuration = {
      file: join(folder, 'einlass.yaml'),
      hash: 'c0ffee',
      apps: new Map(['wiki', 'erp', 'shop'].map((name) => [name, one(name)])),
      roles: new Map(),
      schedules: new Map(),
      devices: { sources: [], postures: new Map() },
      providers: new Map(),
      external: undefined,
      audit: { file: undefined },
      ...more,
    } as unknown as Configuration
    const revoked: string[] = []
    /** Called while the lines are drawn up, after the grants were read. */
    const hooks: { drawn?: () => void } = {}
    const used = { erp: noon }
    const people = [{ subject: subject(), firstSignIn: noon - 300 * day, lastSignIn: noon, used }]
    const reviews = createReviews({
      configuration: () => configuration,
      grants: { all: () => [...grants], revoke: (id) => Promise.resolve(revoked.push(id) > 0) },
      people: { all: () => Promise.resolve(hooks.drawn?.()).then(() => people) },
      store,
      seal: createSeal([Buffer.alloc(32, 5)]),
      record: () => {},
      now: () => clock.at,
    })
    async function sign(name: string, decide: (grant: string | undefined) => 'keep' | 'end' = () => 'keep') {
      const draft = (await reviews.draft(name))!
      const signature: Signature = {
        digest: draft.digest,
        decisions: new Map(draft.lines.map((line) => [line.id, decide(line.grant)])),
        reviewer: { name: 'Erika', account: undefined, secondFactor: undefined },
        actor: { kind: 'administrator', name: 'root' },
        language: 'en',
      }
      return reviews.sign(name, signature)
    }
    return { folder, clock, store, hooks, reviews, people, used, revoked, sign }
  }

  test('a draft has title and hash of the configuration; an unknown app has none', async () => {
    const { reviews } = await stage()
    expect(await reviews.draft('erp')).toMatchObject({ app: 'erp', title: 'ERP', configuration: 'c0ffee', lines: [{}] })
    expect(await reviews.draft('nothing')).toBeUndefined()
  })

  test('use of the app between draft and signature does not make the draft outdated; other changes do', async () => {
    const { reviews, people, used } = await stage()
    const { digest } = (await reviews.draft('erp'))!
    used.erp += hour
    expect((await reviews.draft('erp'))!.digest).toBe(digest)
    people[0] = { ...people[0]!, subject: subject({ name: 'Anne' }) }
    expect((await reviews.draft('erp'))!.digest).not.toBe(digest)
  })

  test('without an audit file, files are next to the configuration', async () => {
    const { folder, sign } = await stage()
    expect(await sign('erp')).toMatchObject({ state: 'signed', takeOut: [], review: { kept: 1, ended: 0 } })
    await expect(stat(join(folder, 'reviews', '2026-11-18-erp.json'))).resolves.toBeDefined()
  })

  test('are due by their date, never reviewed ones now; equal dates by name', async () => {
    const { clock, reviews, sign } = await stage({ console: { viewers: [], admins: [], reviewEvery: 30 * day } })
    await sign('shop')
    clock.at += hour
    await sign('erp')
    clock.at += hour
    expect((await reviews.statuses()).map(({ app: name, due, last }) => [name, due, last?.by])).toEqual([
      ['wiki', noon + 2 * hour, undefined],
      ['shop', noon + 30 * day, 'Erika'],
      ['erp', noon + hour + 30 * day, 'Erika'],
    ])
    const fresh = await stage()
    expect((await fresh.reviews.statuses()).map(({ app: name, due }) => [name, due])).toEqual([
      ['erp', noon],
      ['shop', noon],
      ['wiki', noon],
    ])
  })

  test('the last one has file, hash and counts; one that was changed in the store does not count', async () => {
    const { store, reviews, sign } = await stage()
    const signed = await sign('erp', () => 'end')
    const { last } = (await reviews.statuses()).find(({ app: name }) => name === 'erp')!
    expect(last).toEqual((signed as { review: object }).review)
    expect(last).toEqual({
      at: noon,
      by: 'Erika',
      file: '2026-11-18-erp.json',
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      kept: 0,
      ended: 1,
    })
    await store.set('review:erp', JSON.stringify(last), day)
    expect((await reviews.statuses())[0]).toMatchObject({ app: 'erp', last: undefined })
  })

  test('revoke what was given at run time, and name the place of what was declared, once', async () => {
    const all = [
      grant({ id: 'a', who: 'keycloak|1' }),
      grant({ id: 'b', who: 'keycloak|2' }),
      grant({ id: 'declared', who: 'keycloak|3', origin: 'configuration' }),
    ]
    const places = new Map([
      ['grant declared', 'einlass.yaml:40'],
      ['rule erp staff', 'einlass.yaml:40'],
    ])
    const { folder, revoked, sign } = await stage({ places }, all)
    const signed = await sign('erp', (id) => {
      if (id === 'b') all[1] = { ...all[1]!, revokedAt: noon }
      return 'end'
    })
    // The grant revoked meanwhile is no line any more: the draft is outdated.
    expect([signed.state, revoked]).toEqual(['changed', []])
    expect(await sign('erp', () => 'end')).toMatchObject({
      takeOut: ['einlass.yaml:40'],
      review: { kept: 0, ended: 3 },
    })
    expect(revoked).toEqual(['a'])
    const { content: signedContent } = JSON.parse(
      await readFile(join(folder, 'reviews', '2026-11-18-erp.json'), 'utf8'),
    ) as { content: ReviewContent }
    expect(signedContent.lines.map(({ grant: id, outcome, decision }) => [id, outcome, decision])).toEqual([
      [undefined, 'take_out', 'end'],
      ['a', 'revoked', 'end'],
      ['declared', 'take_out', 'end'],
    ])
  })

  test('note a grant that ended while they were signed, and revoke it no second time', async () => {
    const all = [grant({ id: 'a', who: 'keycloak|1' })]
    const { folder, hooks, revoked, sign } = await stage({}, all)
    let drawn = 0
    hooks.drawn = () => void (++drawn === 2 && (all[0] = { ...all[0]!, revokedAt: noon }))
    expect(await sign('erp', () => 'end')).toMatchObject({ state: 'signed', takeOut: [], review: { ended: 2 } })
    expect(revoked).toEqual([])
    expect(await readFile(join(folder, 'reviews', '2026-11-18-erp.json'), 'utf8')).toContain('"outcome":"over_already"')
  })

  test('keep what is kept', async () => {
    const { folder, revoked, sign } = await stage({}, [grant({ id: 'a', who: 'keycloak|1' })])
    expect(await sign('erp')).toMatchObject({ takeOut: [], review: { kept: 2, ended: 0 } })
    expect(revoked).toEqual([])
    const text = await readFile(join(folder, 'reviews', '2026-11-18-erp.json'), 'utf8')
    expect(text).not.toContain('outcome')
  })
})
