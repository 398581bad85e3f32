// Reads an external corpus of attacks and converts each case for this runner.

import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { classes, type AttackClass, type Expectation, type RawAttack } from './case.ts'
import { domain, type Environment } from './environment.ts'

export interface CorpusCase {
  readonly id: string
  readonly class: string
  readonly title: string
  readonly transport: string
  readonly request: string
  readonly oracle?: Readonly<Record<string, unknown>>
  readonly core: boolean
}

/** The corpus in `EINLASS_ATTACKS`, or in the folder beside the project; undefined if there is none. */
export function readCorpus(env: NodeJS.ProcessEnv): readonly CorpusCase[] | undefined {
  const file = env['EINLASS_ATTACKS'] ?? resolve(import.meta.dirname, '../../../shared/attacks/attacks.json')
  if (!existsSync(file)) return undefined
  const cases = JSON.parse(readFileSync(file, 'utf8')) as CorpusCase[]
  for (const one of cases) classOf(one)
  return cases
}

/** HTTP/2 has a row of its own in the report. Throws for an unknown class. */
export function classOf(one: Pick<CorpusCase, 'class' | 'transport' | 'id'>): AttackClass {
  const name = one.transport === 'h2' ? 'http2' : one.class
  const known = classes.find((candidate) => candidate === name)
  if (known === undefined) throw new Error(`${one.id}: the class ${one.class} is not known here`)
  return known
}

export interface Variant extends RawAttack {
  /** The app whose host it is sent to. */
  readonly app: Place
}

type Place = 'wiki' | 'access'

/** Common names of return-target parameters; the gateway uses none of them. */
const returnNames = ['rd', 'return_to', 'next', 'redirect_uri', 'journey']

/**
 * The bytes with the placeholders replaced. A placeholder with several meanings here (both hosts have a sign-out, any
 * parameter could be a return target) gives one variant for each, all of which must be blocked.
 */
export function variantsOf(one: CorpusCase): readonly Variant[] {
  const names = one.request.includes('{{RD}}') ? returnNames : ['rd']
  return placesOf(one.request).flatMap(({ app, action }) =>
    names.map((rd) => ({
      name: `${one.id} ${one.title}`,
      app,
      bytes: (ground: Environment) => filledIn(one.request, wordsFor(ground, app, { RD: rd, ACTION: action })),
      expected: expectationOf(one),
    })),
  )
}

/** `action`: an operation that requires POST. Not sign-out for GET cases, since GET shows its confirmation page. */
function placesOf(request: string): readonly { readonly app: Place; readonly action: string }[] {
  const endSessions = { app: 'access', action: '/sessions/end' } as const
  const signOuts = [
    { app: 'wiki', action: '/.einlass/sign-out' },
    { app: 'access', action: '/sign-out' },
  ] as const
  if (/\{\{(LOGIN|CB|ACCOUNT_PAGE)\}\}/.test(request)) return [endSessions]
  if (request.startsWith('GET {{ACTION}}')) return [endSessions]
  if (request.includes('{{ACTION}}')) return [...signOuts, endSessions]
  return request.includes('{{LOGOUT}}') ? signOuts : [signOuts[0]]
}

type Words = Readonly<Record<string, string>>

function wordsFor(ground: Environment, app: Place, more: Words): Words {
  const cookie = ground.cookie(app)
  return {
    HOST: ground.host(app),
    HOST_UPPER: ground.host(app).toUpperCase(),
    HOST_B: ground.host('erp'),
    HOSTNAME: `${app}.${domain}`,
    HOSTNAME_B: `erp.${domain}`,
    PARENT_DOMAIN: domain,
    SCHEME: 'https',
    COOKIE: cookie,
    COOKIE_NAME: '__Host-einlass',
    COOKIE_VALUE: cookie.split('=')[1]!,
    COOKIE_UPPER: cookie.replace('__Host-einlass', '__HOST-EINLASS'),
    IDHDR: 'X-Forwarded-User',
    IDHDR_LOWER: 'x-forwarded-user',
    IDHDR_UNDERSCORE: 'X_Forwarded_User',
    IDHDR_DOT: 'X.Forwarded.User',
    IDHDR_JWT: 'X-Einlass-Jwt-Assertion',
    ADMIN: 'admin',
    ADMIN_UPPER: 'ADMIN',
    ADMIN_PATH: '/admin/secret',
    PUB_PATH: '/public/x',
    LOGIN: '/sign-in',
    LOGOUT: app === 'wiki' ? '/.einlass/sign-out' : '/sign-out',
    ACCOUNT_PAGE: '/',
    CB: '/callback/corp',
    ...more,
  }
}

function filledIn(request: string, words: Words): string {
  return request
    .replaceAll(/\{\{REPEAT:(.):(\d+)\}\}/g, (_all, character: string, count: string) =>
      character.repeat(Number(count)),
    )
    .replaceAll(/\{\{REPEATLINES\|([^|]*)\|(\d+)\}\}/g, (_all, line: string, count: string) =>
      Array.from({ length: Number(count) }, (_, index) => line.replace('%d', String(index))).join('\r\n'),
    )
    .replaceAll(/\{\{(\w+)\}\}/g, (all, name: string) => {
      const word = words[name]
      if (word === undefined) throw new Error(`nothing is known of the placeholder ${all}`)
      return word
    })
}

/** Throws for an unknown expectation, which must not count as met. */
export function expectationOf(one: Pick<CorpusCase, 'id' | 'oracle'>): Expectation {
  const merged: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(one.oracle ?? {})) {
    const translate = demands[key]
    if (translate === undefined) throw new Error(`${one.id}: nothing is known of the demand ${key}`)
    Object.assign(merged, translate(value))
  }
  return merged as Expectation
}

const ours = (name: string): string => name.replace(/^\{\{IDHDR\}\}$/, 'x-forwarded-user')

/** Expectations checked for every case anyway (process alive, nothing smuggled, session valid) add nothing. */
const demands: Readonly<Record<string, (value: unknown) => Expectation>> = {
  alive: () => ({}),
  smug: () => ({}),
  session_still_valid: () => ({}),
  status: (value) => ({ status: value as number[] }),
  conn: (value) => ({ closed: value === 'closed' }),
  upstream_max: (value) => ({ atMost: value as number }),
  upstream_absent: (value) => ({ absent: value as string[] }),
  upstream_absent_value: (value) => ({
    // The value of the cookie never reaches an upstream: `wellFormed` in run-raw-attack.ts looks for its name, too.
    absentValue: (value as string[]).map((text) => text.replace('{{COOKIE_VALUE}}', '__Host-einlass')),
  }),
  upstream_single: (value) => ({ once: (value as string[]).map(ours) }),
  upstream_equals: (value) => ({
    equal: Object.fromEntries(
      Object.entries(value as Record<string, string>).map(([name, text]) => [
        name,
        text.replace('{{SCHEME}}', 'https'),
      ]),
    ),
  }),
  upstream_no_chunk_ext: () => ({ plainChunks: true }),
  upstream_target: () => ({ asDecided: true }),
  second_status: (value) => ({ second: value as number[] }),
  admin_reached: () => ({ closedArea: true }),
  decision: () => ({ likePlain: true }),
  location: () => ({ ownHosts: true }),
  no_session: () => ({ noSession: true }),
  header_present: (value) => ({ answers: value as string[] }),
  body_absent: (value) => ({ silent: value as string[] }),
  log: () => ({ cleanLogs: true }),
}
