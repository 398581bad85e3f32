// Access reviews on a desk: Ada, a member of the group staff, is a viewer or an admin, and an external user has a grant.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { App, Configuration } from '../../../src/config/configuration.ts'
import type { Grants } from '../../../src/grants/grants.ts'
import type { ProviderUnderTest } from '../../support/provider-under-test.ts'
import { app, openDesk, type Desk, type Visitor } from '../web-client.ts'

const declaration = {
  name: 'wiki',
  title: 'Wiki',
  mode: 'enforce',
  require: {},
  rules: [
    { name: 'staff', effect: 'allow', when: { groups: ['staff'] }, mode: 'enforce', limits: {} },
    { name: 'for a while', effect: 'allow', when: { grant: 'required' }, mode: 'enforce', limits: {} },
  ],
  lease: 1000,
}

export interface ReviewDesk {
  readonly desk: Desk
  /** Of the audit file, beside which signed reviews are. */
  readonly folder: string
  /** Ada, signed in. */
  enter(): Promise<Visitor>
}

export async function openReviewDesk(
  provider: ProviderUnderTest,
  role: 'viewers' | 'admins',
  mfa = { amrAny: [] as string[], acrAny: [] as string[] },
): Promise<ReviewDesk> {
  const folder = await mkdtemp(join(tmpdir(), 'einlass-review-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const desk = openDesk(provider, [], {}, {
    apps: new Map([
      [
        'wiki',
        {
          ...app,
          name: 'wiki',
          title: 'Wiki',
          declaration,
          public: [],
          addresses: [{ origin: 'https://wiki.example.com', path: '' }],
        } as unknown as App,
      ],
    ]),
    roles: new Map([['reviewers', { groups: ['staff'], users: [] }]]),
    schedules: new Map(),
    devices: { sources: [], postures: new Map() },
    external: { providers: new Set(['partner']), people: [] },
    places: new Map([['rule wiki staff', 'einlass.yaml:9']]),
    console: { viewers: [], admins: [], [role]: ['reviewers'], reviewEvery: 86_400_000 },
    audit: { file: { path: join(folder, 'audit.jsonl') } },
    file: join(folder, 'einlass.yaml'),
    hash: 'c0ffee',
  } as unknown as Partial<Configuration>)
  Object.assign([...desk.parts.config().providers.values()][0]!, { mfa })
  await (desk.parts.grants as Grants).give(
    {
      who: 'partner|7',
      app: 'wiki',
      level: 'full',
      from: desk.house.now() - 1,
      until: desk.house.now() + 86_400_000,
      schedule: undefined,
      sponsor: 'erika@example.com',
      reason: undefined,
    },
    { kind: 'system' },
  )
  return {
    desk,
    folder,
    async enter() {
      const ada = desk.browser()
      await ada.signIn()
      for (const session of await desk.house.sessions.all()) desk.people.setClaims(session.subject, session.createdAt)
      return ada
    },
  }
}

export function idsIn(page: string): string[] {
  return [...new Set([...page.matchAll(/name="line-([0-9a-f]+)"/g)].map(([, id]) => id!))]
}

export function digestIn(page: string): string {
  return /name="digest" value="([0-9a-f]+)"/.exec(page)![1]!
}
