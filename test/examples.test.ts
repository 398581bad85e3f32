// Every example is a valid configuration and decides what its expect.yaml says.

import { randomBytes } from 'node:crypto'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { suppose, type Facts } from '../src/cli/suppose.ts'
import type { Configuration } from '../src/config/configuration.ts'
import { loadConfiguration } from '../src/config/load.ts'
import { printProblem } from '../src/config/problem.ts'
import { compilePolicy } from '../src/policy/compile.ts'
import { decide } from '../src/policy/decide.ts'
import { certificateFolder } from './support/certificates.ts'

interface Expectation {
  readonly says: string
  readonly who?: { user: string; groups?: string[]; provider?: string; acr?: string; amr?: string[]; auth_age?: string }
  readonly app: string
  readonly method?: string
  readonly path?: string
  readonly ip?: string
  readonly at?: string
  readonly posture?: object
  readonly grants?: string[]
  readonly effect: string
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

test('there are examples', () => {
  expect(names.length).toBeGreaterThanOrEqual(8)
})

describe.each(names)('%s', (name) => {
  let configuration: Configuration
  beforeAll(async () => {
    const env = { OIDC_CLIENT_SECRET: 'secret', PARTNER_CLIENT_SECRET: 'secret' }
    const loaded = await loadConfiguration({ file: join(folder, name, 'einlass.yaml'), env })
    if (loaded.state === 'invalid') throw new Error(loaded.problems.map(printProblem).join('\n'))
    expect(loaded.warnings.map(printProblem)).toEqual([])
    configuration = loaded.configuration
  })

  const expectations = parse(readFileSync(join(examples, name, 'expect.yaml'), 'utf8')) as Expectation[]
  test.each(expectations)('$says', (expected) => {
    const app = configuration.apps.get(expected.app)!
    const access = suppose(configuration, app, factsOf(expected, join(folder, name)), Date.now(), folder)
    const policy = compilePolicy(app.declaration, {
      roles: configuration.roles,
      schedules: configuration.schedules,
      postures: configuration.devices.postures,
    })
    const decision = decide(policy, access)
    expect(decision.effect).toBe(expected.effect)
    if (expected.rule !== undefined) expect(decision.rule).toBe(expected.rule)
    expect(decision.reasons.map(({ code }) => code)).toEqual(expect.arrayContaining(expected.reasons ?? []))
  })
})

/** As the command line of `einlass explain` would state them. */
function factsOf(expected: Expectation, place: string): Facts {
  const { who, posture, grants, ...plain } = expected
  const file = join(place, 'posture.json')
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
