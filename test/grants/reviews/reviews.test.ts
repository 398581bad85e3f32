// Access reviews: complete lines, notes on limits, and signed files with a verifiable hash.

import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { AuditEvent } from '../../../src/audit/event.ts'
import type { App, Configuration } from '../../../src/config/configuration.ts'
import type { SeenUser } from '../../../src/grants/external/register.ts'
import { createGrants } from '../../../src/grants/grants.ts'
import { resolveReview } from '../../../src/grants/reviews/resolve.ts'
import type { ReviewLine } from '../../../src/grants/reviews/lines.ts'
import { createReviews, type Signature } from '../../../src/grants/reviews/reviews.ts'
import type { AppDeclaration } from '../../../src/policy/declaration.ts'
import { compilePolicy } from '../../../src/policy/compile.ts'
import { decide } from '../../../src/policy/decide.ts'
import { createChangeFeed } from '../../../src/store/change-feed.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import { createSeal } from '../../../src/store/seal.ts'
import { accesses, apps, vocabulary } from '../../policy/arbitrary-policies.ts'
import { allow, app as declare, day, deny, grant, noon, subject } from '../../policy/access-request-fixtures.ts'

const seen = (more: Parameters<typeof subject>[0] = {}, about: Partial<SeenUser> = {}): SeenUser => ({
  subject: subject(more),
  firstSignIn: noon - 300 * day,
  lastSignIn: noon - day,
  used: { erp: noon - 2 * day },
  ...about,
})

function configurationOf(declaration: AppDeclaration, more: Partial<Configuration> = {}, app: Partial<App> = {}) {
  return {
    file: '/nowhere/einlass.yaml',
    hash: 'c0ffee',
    apps: new Map([['erp', { name: 'erp', title: 'ERP', declaration, public: [], ...app } as unknown as App]]),
    roles: new Map([['owners', { groups: ['grp-owners'], users: ['boss@example.com'] }]]),
    schedules: vocabulary.schedules,
    devices: { sources: [], postures: vocabulary.postures },
    providers: new Map(),
    external: { providers: new Set(['partner']), people: [] },
    places: new Map([
      ['rule erp staff', 'einlass.yaml:12'],
      ['grant declared', 'einlass.yaml:40'],
    ]),
    audit: { file: undefined },
    ...more,
  } as unknown as Configuration
}

function resolve(
  declaration: AppDeclaration,
  people: readonly SeenUser[],
  grants: Parameters<typeof resolveReview>[1]['grants'] = [],
  app: Partial<App> = {},
) {
  const configuration = configurationOf(declaration, {}, app)
  return resolveReview(configuration.apps.get('erp')!, { configuration, grants, people, now: noon })
}
const short = ({ who, way, rule, by }: ReviewLine) => `${who}: ${way} ${rule ?? '-'} (${by.join(', ')})`

test('every user with access in any circumstances has a line', () => {
  let allowed = 0
  fc.assert(
    fc.property(apps, accesses, (declared, access) => {
      if (access.identity === undefined) return
      const declaration = { ...declared, mode: 'enforce' as const }
      if (decide(compilePolicy(declaration, vocabulary), access).effect !== 'allow') return
      allowed++
      const person = access.identity.subject
      const who = `${person.provider}|${person.sub}`
      const grants = access.grants.map((one, at) => ({ ...one, who, id: `${one.id}-${at}` }))
      const { roles, schedules, postures } = vocabulary
      const configuration = configurationOf(declaration, {
        roles,
        schedules,
        devices: { sources: [], postures },
        providers: new Map(),
        external: undefined as never,
      })
      const { lines } = resolveReview(configuration.apps.get('erp')!, {
        configuration,
        grants,
        people: [seen(person)],
        now: access.now,
      })
      expect(lines.map((line) => line.who)).toContain(who)
    }),
    { numRuns: 5000 },
  )
  expect(allowed).toBeGreaterThan(300)
})

describe('lines and notes', () => {
  const rules = declare([
    deny('no contractors', { groups: ['contractors'] }),
    allow('staff', { groups: ['staff'], device: 'strict', schedule: ['night'] }),
    allow('owners', { roles: ['owners'] }),
    allow('for a while', { grant: 'required' }),
  ])

  test('is listed with the rule and the matching attributes', () => {
    const people = [
      seen({ sub: '1', groups: ['staff'] }),
      seen({ sub: '2', groups: ['grp-owners'], email: 'o@example.com' }),
      seen({ sub: '3', groups: [], email: 'boss@example.com' }),
      seen({ sub: '4', groups: ['staff', 'contractors'] }),
      seen({ sub: '5', groups: [] }),
    ]
    const { lines } = resolve(rules, people)
    expect(lines.map(short)).toEqual([
      'keycloak|1: rule staff (group staff)',
      'keycloak|2: rule owners (role owners (group grp-owners))',
      'keycloak|3: rule owners (role owners)',
    ])
    expect(lines[0]).toMatchObject({ besides: ['device strict', 'schedule night'], declaredAt: 'einlass.yaml:12' })
  })

  test('a grant is a separate line, also for unknown users; ended grants are not listed', () => {
    const { lines } = resolve(
      rules,
      [seen({ sub: '1', groups: [] })],
      [
        grant({ id: 'a', who: 'keycloak|1' }),
        grant({
          id: 'later',
          who: 'keycloak|mailto:anna@example.com',
          from: noon + day,
          until: noon + 2 * day,
          level: 'read',
        }),
        grant({ id: 'declared', who: 'partner|mailto:miro@partner.example', origin: 'configuration' }),
        grant({ id: 'over', who: 'keycloak|1', until: noon }),
        grant({ id: 'revoked', who: 'keycloak|1', revokedAt: noon - 1 }),
        grant({ id: 'elsewhere', who: 'keycloak|1', app: 'wiki' }),
      ],
    )
    expect(lines.map(({ grant: id, rule, declaredAt }) => [id, rule, declaredAt])).toEqual([
      ['a', 'for a while', undefined],
      ['later', 'for a while', undefined],
      ['declared', undefined, 'einlass.yaml:40'],
    ])
  })

  test('limits of the review are listed as notes', () => {
    const { notes } = resolve(
      declare(
        [
          deny('not at night', { schedule: ['night'] }),
          allow('staff', { groups: ['staff'] }),
          allow('named', { users: ['nobody@example.com'] }),
          allow('all', {}),
        ],
        { require: { mfa: true }, mode: 'monitor' },
      ),
      [seen({ sub: '1', groupsComplete: false }, { firstSignIn: noon - 10 * day, used: {} })],
      [],
      { public: [{ paths: ['/hooks/*'], methods: ['POST'] }], emergency: { codes: true } as App['emergency'] },
    )
    expect(notes).toEqual([
      { kind: 'group', group: 'staff', seen: 1 },
      { kind: 'never_seen', user: 'nobody@example.com' },
      { kind: 'groups_withheld', who: 'keycloak|1' },
      { kind: 'everybody', rule: 'all' },
      { kind: 'required', conditions: ['mfa'] },
      { kind: 'set_aside', rule: 'not at night' },
      { kind: 'monitor' },
      { kind: 'public', paths: ['/hooks/*'] },
      { kind: 'codes' },
      { kind: 'nobody_uses', rule: 'staff', declaredAt: 'einlass.yaml:12' },
      { kind: 'known_since', at: noon - 10 * day },
    ])
  })

  test('a rule in mode monitor gives no access', () => {
    expect(resolve(declare([allow('tried', {}, { mode: 'monitor' })]), [seen()]).lines).toEqual([])
  })
})

describe('signing', () => {
  async function stage() {
    const folder = await mkdtemp(join(tmpdir(), 'einlass-reviews-'))
    const now = () => noon
    const store = createMemoryStore({ now })
    const seal = createSeal([Buffer.alloc(32, 5)])
    const changes = createChangeFeed({ store, now })
    const events: AuditEvent[] = []
    const record = (event: AuditEvent) => void events.push(event)
    const grants = createGrants({ store, changes, seal, record, now })
    await grants.load()
    onTestFinished(async () => {
      grants.stop()
      await changes.stop()
      await store.close()
      await rm(folder, { recursive: true, force: true })
    })
    const given = await grants.give(
      { ...grant({ who: 'partner|7', until: noon + day }), from: noon - 1 },
      { kind: 'administrator', name: 'x' },
    )
    const people = [
      seen({ sub: '1', groups: ['staff'], name: 'Anna | <b>' }),
      seen({ provider: 'partner', sub: '7', groups: [] }),
    ]
    const declaration = declare([allow('staff', { groups: ['staff'] }), allow('for a while', { grant: 'required' })])
    const configuration = configurationOf(declaration, {
      audit: { file: { path: join(folder, 'audit.jsonl') } } as never,
    })
    const parts = {
      configuration: () => configuration,
      grants,
      people: { all: () => Promise.resolve(people) },
      store,
      seal,
      record,
      now,
    }
    const reviews = createReviews(parts)
    const draft = (await reviews.draft('erp'))!
    const byWay = (way: string) => draft.lines.find((line) => line.way === way)!.id
    const signature = (decisions: [string, 'keep' | 'end'][], more: Partial<Signature> = {}): Signature => ({
      digest: draft.digest,
      decisions: new Map(decisions),
      reviewer: { name: 'Erika', account: 'company|erika', secondFactor: '2026-11-18T09:58:00.000Z' },
      actor: { kind: 'person', provider: 'company', sub: 'erika' },
      language: 'en',
      ...more,
    })
    const files = () => readdir(join(folder, 'reviews')).catch(() => [] as string[])
    /** The reviews of another node, or of this one after a restart, so many milliseconds later. */
    const restarted = (later: number) => createReviews({ ...parts, now: () => noon + later })
    return { folder, grants, given, reviews, restarted, events, people, byWay, signature, files }
  }

  test('revokes run-time grants, lists declared ones to remove, and writes a file with a verifiable hash', async () => {
    const { folder, grants, given, reviews, events, byWay, signature, files } = await stage()
    const signed = await reviews.sign(
      'erp',
      signature([
        [byWay('rule'), 'end'],
        [byWay('grant'), 'end'],
      ]),
    )
    expect(signed).toMatchObject({ state: 'signed', takeOut: ['einlass.yaml:12'], review: { kept: 0, ended: 2 } })
    expect(grants.all().find(({ id }) => id === given.id)!.revokedAt).toBe(noon)
    expect((await files()).toSorted()).toEqual(['2026-11-18-erp.json', '2026-11-18-erp.md'])
    const text = await readFile(join(folder, 'reviews/2026-11-18-erp.json'), 'utf8')
    const { sha256, content } = JSON.parse(text) as { sha256: string; content: { lines: { outcome: string }[] } }
    expect(createHash('sha256').update(JSON.stringify(content)).digest('hex')).toBe(sha256)
    expect(content.lines.map(({ outcome }) => outcome).toSorted()).toEqual(['revoked', 'take_out'])
    const markdown = await readFile(join(folder, 'reviews/2026-11-18-erp.md'), 'utf8')
    expect(markdown).toContain('Anna \\| \\<b\\>')
    expect(markdown).toContain('remove it from the configuration: einlass.yaml:12')
    expect(markdown).toContain(sha256)
    expect(events.filter(({ kind }) => kind === 'review')).toMatchObject([
      { review: { app: 'erp', by: 'Erika', sha256, kept: 0, ended: 2, takeOut: 1 } },
    ])
    expect((await reviews.statuses())[0]).toMatchObject({ last: { by: 'Erika', sha256 }, due: noon + 180 * day })
  })

  test('a second review on the same day has another file name', async () => {
    const { reviews, byWay, signature, files } = await stage()
    const keep = signature([
      [byWay('rule'), 'keep'],
      [byWay('grant'), 'keep'],
    ])
    await reviews.sign('erp', keep)
    await reviews.sign('erp', keep)
    expect((await files()).filter((name) => name.endsWith('.json'))).toHaveLength(2)
  })

  test('undecided lines are reported, and nothing is changed', async () => {
    const { grants, reviews, byWay, signature, files } = await stage()
    const signed = await reviews.sign('erp', signature([[byWay('grant'), 'end']]))
    expect(signed).toEqual({ state: 'undecided', lines: [byWay('rule')] })
    expect([await files(), grants.all()[0]!.revokedAt]).toEqual([[], undefined])
  })

  test('is rejected if the lines have changed since the draft', async () => {
    const { reviews, people, byWay, signature, files } = await stage()
    people.push(seen({ sub: '9', groups: ['staff'] }))
    const signed = await reviews.sign(
      'erp',
      signature([
        [byWay('rule'), 'keep'],
        [byWay('grant'), 'end'],
      ]),
    )
    expect([signed.state, await files()]).toEqual(['changed', []])
  })

  test('if the file cannot be opened, nothing is revoked', async () => {
    const { folder, grants, reviews, byWay, signature } = await stage()
    await writeFile(join(folder, 'reviews'), 'a file where the folder should be')
    await expect(
      reviews.sign(
        'erp',
        signature([
          [byWay('rule'), 'keep'],
          [byWay('grant'), 'end'],
        ]),
      ),
    ).rejects.toMatchObject({ code: 'EEXIST' })
    expect(grants.all()[0]!.revokedAt).toBeUndefined()
  })

  test('if the file cannot be written to its end, nothing is revoked and nothing is left of it', async () => {
    const { folder, grants, reviews, events, byWay, signature, files } = await stage()
    await mkdir(join(folder, 'reviews/2026-11-18-erp.md'), { recursive: true })
    const end = signature([
      [byWay('rule'), 'keep'],
      [byWay('grant'), 'end'],
    ])
    await expect(reviews.sign('erp', end)).rejects.toMatchObject({ code: 'EISDIR' })
    expect(grants.all()[0]!.revokedAt).toBeUndefined()
    expect(await files()).toEqual(['2026-11-18-erp.md'])
    expect(events.filter(({ kind }) => kind === 'review')).toEqual([])
    expect((await reviews.statuses())[0]!.last).toBeUndefined()
  })

  test('a node that fails between the signature and the revocations leaves none undone', async () => {
    const { grants, given, reviews, restarted, events, byWay, signature, files } = await stage()
    const { revoke } = grants
    Object.assign(grants, { revoke: () => Promise.reject(new Error('killed')) })
    const end = signature([
      [byWay('rule'), 'keep'],
      [byWay('grant'), 'end'],
    ])
    await expect(reviews.sign('erp', end)).rejects.toThrow('killed')
    expect([(await files()).length, events.filter(({ kind }) => kind === 'review').length]).toEqual([2, 0])
    Object.assign(grants, { revoke })
    // Another node leaves it alone for a while: the first may still be at it.
    await restarted(10_000).resume()
    expect(grants.all().find(({ id }) => id === given.id)!.revokedAt).toBeUndefined()
    const next = restarted(60_000)
    await next.resume()
    await next.resume()
    expect(grants.all().find(({ id }) => id === given.id)!.revokedAt).toBeDefined()
    expect(events.filter(({ kind }) => kind === 'review')).toMatchObject([{ review: { app: 'erp', ended: 1 } }])
    expect((await reviews.statuses())[0]).toMatchObject({ last: { by: 'Erika', ended: 1, at: noon } })
  })

  test('an app without a review is due', async () => {
    const { reviews, signature } = await stage()
    expect(await reviews.statuses()).toEqual([{ app: 'erp', title: 'ERP', last: undefined, due: noon }])
    expect(await reviews.sign('nothing', signature([]))).toEqual({ state: 'unknown_app' })
  })
})
