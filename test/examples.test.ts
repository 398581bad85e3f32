// Every example is a valid configuration, and decides as its expect.yaml states.

import { randomBytes } from 'node:crypto'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { hypotheticalRequest, type RequestOptions } from '../src/cli/hypothetical-request.ts'
import type { Configuration } from '../src/config/configuration.ts'
import { parseDuration } from '../src/config/units.ts'
import { loadConfiguration } from '../src/config/load/load.ts'
import { printProblem } from '../src/config/load/problem.ts'
import { createEntitlements } from '../src/grants/entitlements.ts'
import { RequestRejected, type ActingUser } from '../src/grants/requests/repository.ts'
import { createGrants } from '../src/grants/grants.ts'
import { createGrantRequests } from '../src/grants/requests/requests.ts'
import { createGrantEvents } from '../src/grants/grant-events.ts'
import type { AccessRequest } from '../src/policy/access-request.ts'
import { compilePolicy } from '../src/policy/compile.ts'
import { decide } from '../src/policy/decide.ts'
import type { Grant } from '../src/policy/grant.ts'
import { createChangeFeed } from '../src/store/change-feed.ts'
import { createMemoryStore } from '../src/store/memory.ts'
import { createSeal } from '../src/store/seal.ts'
import { certificateFolder } from './support/certificates.ts'

interface Who {
  readonly user: string
  readonly groups?: string[]
  readonly provider?: string
  readonly acr?: string
  readonly amr?: string[]
  readonly auth_age?: string
}

interface Asking {
  readonly for: string
  readonly level?: 'read' | 'full'
  readonly reason?: string
  readonly ticket?: string
  readonly emergency?: boolean
}

interface Approving extends Who {
  readonly for?: string
  readonly level?: 'read' | 'full'
}

interface Expectation {
  readonly says: string
  readonly who?: Who
  readonly app: string
  readonly method?: string
  readonly path?: string
  readonly destination?: string
  readonly ip?: string
  readonly at?: string
  readonly posture?: object
  readonly grants?: string[]
  /** Before the decision, the user requests access and others approve. */
  readonly asks?: Asking
  readonly approved_by?: readonly Approving[]
  /** Expected state of the request, or the error code of it or the last approval. */
  readonly request?: string
  /** Time of the decision. Default: the time of the request. */
  readonly later?: string
  readonly effect?: string
  readonly rule?: string
  readonly reasons?: string[]
}

const examples = fileURLToPath(new URL('../examples/', import.meta.url))
const names = readdirSync(examples, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
const folder = mkdtempSync(join(tmpdir(), 'einlass-examples-'))
const certificates = certificateFolder()

beforeAll(() => {
  cpSync(examples, folder, { recursive: true })
  const { cert, key } = certificates.make(['*.example.com'])
  for (const name of names) {
    cpSync(cert, join(folder, name, 'wildcard.crt'))
    cpSync(key, join(folder, name, 'wildcard.key'))
    for (const secret of ['secret.key', 'secret.old.key']) {
      writeFileSync(join(folder, name, secret), randomBytes(32).toString('base64'), { mode: 0o600 })
    }
  }
})
afterAll(() => {
  certificates.remove()
  rmSync(folder, { recursive: true, force: true })
})

test('examples exist', () => {
  expect(names.length).toBeGreaterThanOrEqual(8)
})

describe.each(names)('%s', (name) => {
  let configuration: Configuration
  beforeAll(async () => {
    const env = { OIDC_CLIENT_SECRET: 's'.repeat(24), PARTNER_CLIENT_SECRET: 'p'.repeat(24), ERP_KEY: 'key' }
    const loaded = await loadConfiguration({ file: join(folder, name, 'einlass.yaml'), env })
    if (loaded.state === 'invalid') throw new Error(loaded.problems.map(printProblem).join('\n'))
    expect(loaded.warnings.map(printProblem)).toEqual([])
    configuration = loaded.configuration
  })

  const expectations = parse(readFileSync(join(examples, name, 'expect.yaml'), 'utf8')) as Expectation[]
  test.each(expectations)('$says', async (expected) => {
    const app = configuration.apps.get(expected.app)!
    const policy = compilePolicy(app.declaration, {
      roles: configuration.roles,
      schedules: configuration.schedules,
      postures: configuration.devices.postures,
    })
    const at = (moment: string | undefined) =>
      hypotheticalRequest(
        configuration,
        app,
        factsOf({ ...expected, at: moment ?? expected.at }, join(folder, name)),
        Date.now(),
        folder,
      )
    const access = at(undefined)
    const asked = expected.asks === undefined ? undefined : await playRequest(configuration, access, expected)
    expect(asked?.outcome).toBe(expected.request)
    if (expected.effect === undefined) return
    const later = expected.later === undefined ? access : at(expected.later)
    const decision = decide(policy, asked === undefined ? later : { ...later, grants: asked.grants })
    expect(decision.effect).toBe(expected.effect)
    if (expected.rule !== undefined) expect(decision.rule).toBe(expected.rule)
    expect(decision.reasons.map(({ code }) => code)).toEqual(expect.arrayContaining(expected.reasons ?? []))
  })
})

/** Runs one access request through the real repositories: its outcome, and the grants of the user afterwards. */
async function playRequest(
  configuration: Configuration,
  access: AccessRequest,
  { app, asks, approved_by: approvers = [], at }: Expectation,
): Promise<{ readonly outcome: string; readonly grants: readonly Grant[] }> {
  const now = () => access.now
  const store = createMemoryStore({ now })
  const changes = createChangeFeed({ store, now })
  const entitlements = createEntitlements(() => configuration)
  const grantEvents = createGrantEvents(() => configuration, entitlements)
  const seal = createSeal([Buffer.alloc(32, 1)])
  const deps = { store, changes, seal, record: () => {}, now, entitlements, grantEvents }
  const grants = createGrants(deps)
  const requests = createGrantRequests({ ...deps, grants })
  const { identity } = access
  const approver = (who: Who): ActingUser =>
    acting(
      hypotheticalRequest(
        configuration,
        configuration.apps.get(app)!,
        factsOf({ who, app, at: at ?? iso(access.now), says: '' }, folder),
        access.now,
        folder,
      ),
    )
  let outcome: string
  try {
    grants.setDeclared(configuration.grants, { kind: 'system' })
    let request = await requests.create(
      {
        app,
        level: asks!.level ?? 'full',
        duration: parseDuration(asks!.for)!,
        from: undefined,
        reason: asks!.reason,
        ticket: asks!.ticket,
        extends: undefined,
        emergency: asks!.emergency ?? false,
      },
      acting(access),
    )
    for (const { for: length, level, ...who } of approvers) {
      const restrictions = { ...(length && { duration: parseDuration(length)! }), ...(level && { level }) }
      request = await requests.approve(request.id, restrictions, approver(who))
    }
    outcome = request.state
  } catch (error) {
    if (!(error instanceof RequestRejected)) throw error
    outcome = error.code
  }
  const given = grants.of(identity!.subject, app)
  requests.stop()
  grants.stop()
  await changes.stop()
  await store.close()
  return { outcome, grants: given }
}

function acting({ identity }: AccessRequest): ActingUser {
  return { kind: 'person', ...identity!, session: 'example', device: undefined, address: undefined }
}

function iso(at: number): string {
  return Temporal.Instant.fromEpochMilliseconds(at).toString()
}

/** The facts as options of `einlass explain`. */
function factsOf(expected: Expectation, exampleFolder: string): RequestOptions {
  const { who, posture, grants, app: _app, asks: _asks, ...plain } = expected
  const file = join(exampleFolder, 'posture.json')
  if (posture !== undefined) writeFileSync(file, JSON.stringify(posture))
  return {
    ...plain,
    user: who?.user,
    group: who?.groups,
    provider: who?.provider,
    acr: who?.acr,
    amr: who?.amr,
    'auth-age': who?.auth_age,
    grant: grants,
    posture: posture && file,
  }
}
