// The generated reference is complete: every reason code, event, metric, command, option and endpoint occurs, truthfully.

import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { examples } from '../scripts/reference/audit-examples.ts'
import { missingTests } from '../scripts/reference/limits.ts'
import { explanations } from '../scripts/reference/reason-explanations.ts'
import { serverLimits } from '../scripts/reference/server-limits.ts'
import { commands, dispatch } from '../src/cli/cli.ts'
import { eventSelectors } from '../src/config/event-selectors.ts'
import { conditions } from '../src/policy/conditions.ts'
import { reasonCodes, reasons, type ReasonCode } from '../src/policy/reasons.ts'
import { presetNames } from '../src/proxy/identity/header-presets.ts'
import { identityNames } from '../src/config/header-names/identity-names.ts'
import { hopByHop, reservedNames, reservedPrefixes } from '../src/config/header-names/reserved-names.ts'
import { routes } from '../src/server/management/api/routes.ts'
import { ocsfProblems } from './support/ocsf-validator.ts'

const root = fileURLToPath(new URL('../', import.meta.url))

describe('limits of the servers', () => {
  test('each is held by a test that exists, on each of the three servers or with the reason why not', () => {
    expect(missingTests(serverLimits)).toEqual([])
    for (const { limit, held } of serverLimits) {
      for (const test of Object.values(held)) expect(test, limit).not.toBe('')
    }
  })

  test('a row with a test that does not exist is noticed', () => {
    const first = serverLimits[0]!
    const planted = { file: 'test/http/server/tls-limits.test.ts', name: 'a client cannot fly' }
    const gone = { file: 'test/http/server/gone.test.ts', name: 'anything' }
    const rows = [{ ...first, held: { einlass: planted, node: gone, http2: 'HTTP/1 only' } }]
    expect(missingTests(rows)).toEqual([planted, gone])
  })
})

describe('reason codes', () => {
  const page = read('docs/reference/reason-codes.md')

  test.each(reasonCodes)('%s has a section with its status, both texts and what to do', (code) => {
    const section = sectionOf(page, code)
    const { status, en, de } = reasons[code]
    expect(section).toContain(`Status ${status}`)
    for (const text of [...en.text, ...de.text]) expect(section).toContain(text)
    expect(section).toMatch(/^- Given by: /m)
    expect(section).toMatch(/^\*\*Administrator\*\*: .{20}/m)
  })

  test('a place that is said to give a code names it', () => {
    const steps = reasonCodes.flatMap((code) => explanations[code].steps.map(({ file }) => ({ code, file })))
    expect(steps.filter(({ code, file }) => !read(`src/${file}`).includes(`'${code}'`))).toEqual([])
  })

  test('a code that is reserved is given nowhere in src/', () => {
    const reserved = reasonCodes.filter((code) => explanations[code].reserved === true)
    const files = sources('src').filter((file) => !/^src\/(policy\/(reasons|reason-codes|messages)|demo)/.test(file))
    const given = reserved.filter((code) => files.some((file) => read(file).includes(`'${code}'`)))
    expect(given).toEqual([])
  })

  /** Conditions that share a file share its codes here: which of them gives which is for the table to say. */
  test.each([
    ['action', ['actions', 'methods', 'paths']],
    ['authentication', ['mfa']],
    ['combinators', ['any', 'not']],
    ['device', ['device', 'riskAtMost']],
    ['grant', ['grant']],
    ['identity', ['users', 'groups', 'roles', 'providers', 'claims']],
    ['network', ['networks']],
    ['time', ['schedule']],
  ] as const)('conditions/%s.ts gives the codes of its rows', (file, keys) => {
    const text = read(`src/policy/conditions/${file}.ts`)
    const named = reasonCodes.filter((code) => new RegExp(`(?:eason|ReasonFor)\\w*\\([^;]*?'${code}'`).test(text))
    const declared = new Set<ReasonCode>(keys.flatMap((key) => conditions[key].gives))
    // A grant with a schedule asks `schedule` of the other file.
    if (file === 'grant') declared.delete('outside_schedule')
    expect([...declared].toSorted()).toEqual(named.toSorted())
  })
})

describe('audit events', () => {
  const page = read('docs/reference/audit-events.md')
  const lines = Object.entries(examples).flatMap(([kind, all]) => all.map((one) => ({ kind, ...one })))

  test.each(lines)('$kind, $name: the example is valid OCSF and stands in a table', ({ name, line }) => {
    expect(ocsfProblems(JSON.parse(line))).toEqual([])
    expect(page).toContain(`| ${name} |`)
  })

  test('the selectors of sinks name kinds and activities that have examples', () => {
    const known = new Set(lines.flatMap(({ kind, name }) => [kind, `${kind}.${name}`, name]))
    const severities = ['finding.medium', 'finding.high', 'finding.critical']
    expect(eventSelectors.filter((one) => !known.has(one) && !severities.includes(one))).toEqual([])
  })
})

test('every metric that src/telemetry names is on the page', () => {
  const page = read('docs/reference/metrics.md')
  const named = sources('src/telemetry').flatMap((file) => [...read(file).matchAll(/'(einlass_[a-z_]+)'/g)])
  expect(named.length).toBeGreaterThan(15)
  expect(named.map(([, name]) => name!).filter((name) => !page.includes(`| \`${name}\` |`))).toEqual([])
})

describe('commands', () => {
  const page = read('docs/reference/cli.md')

  test.each(Object.keys(commands))('einlass %s has its usage, and every exit code', (name) => {
    const section = sectionOf(page, `einlass ${name}`)
    expect(section).toMatch(new RegExp(`[Uu]sage: einlass ${name}`))
    for (const [code, meaning] of Object.entries(commands[name]!.exits)) {
      expect(section).toContain(`| ${code} | ${meaning} |`)
    }
  })

  test.each(Object.entries(commands))('einlass %s --help ends with its exit codes', async (name, { exits }) => {
    let printed = ''
    const io = { stdout: (text: string) => void (printed += text), stderr: () => {}, env: {}, cwd: root }
    expect(await dispatch([name, '--help'], io)).toBe(0)
    const [, codes = ''] = printed.split('\nExit codes:\n')
    const lines = Object.entries({ ...exits, 2: 'wrong usage' }).map(
      ([code, meaning]) => `${code.padEnd(3)}  ${meaning}`,
    )
    expect(codes.trim().split(/\n +/)).toEqual(lines)
  })

  test('every option of a parser is in the help of its command', () => {
    const missing = sources('src/cli').flatMap((file) => {
      const name = file.slice('src/cli/'.length, -'.ts'.length)
      if (!Object.hasOwn(commands, name)) return []
      const options = [...read(file).matchAll(/^ +'?([a-z-]+)'?: \{ type: '(?:string|boolean)'/gm)]
      const section = sectionOf(page, `einlass ${name}`)
      return options.map(([, option]) => `--${option}`).filter((option) => !section.includes(option))
    })
    // Accepted like everywhere, and without effect: the schema is JSON in any case.
    expect(missing.filter((option) => option !== '--json')).toEqual([])
  })
})

describe('admin API', () => {
  const page = read('docs/reference/admin-api.md')

  test.each(Object.entries(routes))('%s has a section with its input', (name, { describes, input }) => {
    const section = sectionOf(page, name)
    expect(section).toContain(describes)
    for (const field of Object.keys(input)) expect(section).toContain(`| \`${field}\` |`)
  })

  test('the commands ask for nothing else', () => {
    const asked = sources('src/cli').flatMap((file) =>
      [...read(file).matchAll(/'(GET|POST)', [`']([a-z/]+)/g)].map(([, method, path]) => `${method} ${path}`),
    )
    expect(asked.length).toBeGreaterThan(8)
    const known = Object.keys(routes)
    expect(asked.filter((name) => !known.some((route) => route === name || route.startsWith(name)))).toEqual([])
  })
})

test('every preset and every reserved name of header fields is on the page', () => {
  const page = read('docs/reference/headers.md')
  const identity = identityNames.flatMap((one) => one.names)
  const names = [...identity, ...hopByHop, ...reservedNames, ...reservedPrefixes.map((prefix) => `${prefix}*`)]
  expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([])
  expect(presetNames.filter((name) => !page.includes(`\n#### ${name}\n`))).toEqual([])
})

function read(file: string): string {
  return readFileSync(root + file, 'utf8')
}

function sources(folder: string): readonly string[] {
  return readdirSync(root + folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${folder}/${file}`)
}

/** From its heading to the next of the same level; '' when there is none. */
function sectionOf(page: string, title: string): string {
  const start = page.indexOf(`\n## ${title}\n`)
  if (start < 0) return ''
  const end = page.indexOf('\n## ', start + 1)
  return page.slice(start, end < 0 ? undefined : end)
}
