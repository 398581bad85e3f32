// `einlass check` on the command line.

import { expect, test } from 'vitest'
import { check } from '../../src/cli/check.ts'
import { folder, smallest } from '../config/config-fixtures.ts'
import { runInProcess } from './run-command.ts'

/** ¹ to ⁸ stand where the problem must be told. */
const planted = `gateway:
  url: https://access.example.com
  tls: { cert: wildcard.crt, key: wildcard.key }
  secret_key: file:secret.key
  trusted_proxies: [10.0.0.0/8, ¹0.0.0.0/0]
identity:
  issuer: https://login.example.com
  client_id: einlass
  client_secret: ²env:NOT_SET_ANYWHERE
session: { idle: ³1 hour }
schedules:
  month_end: { days: [mon], from: "08:00", to: "18:00", tz: Europe/Berlin }
apps:
  wiki:
    from: https://wiki.example.com
    to: http://10.20.0.7:3000
    ⁴titel: The wiki
    policy: [{ allow: { groups: [staff] } }]
  erp:
    from: ⁵https://wiki.example.com
    to: http://10.20.0.5:8443
    policy:
      - { name: closing, allow: { groups: [finance], schedule: ⁶month_ends } }
      - { name: office, allow: { networks: [⁷office] } }
grants:
  - { who: miro@example.com, app: ⁸erb, until: 2026-12-31 }
`

function plant(text: string): { text: string; places: string[] } {
  const places: string[] = []
  const lines = text.split('\n').map((line, at) => {
    const column = line.search(/[¹²³⁴⁵⁶⁷⁸]/)
    if (column !== -1) places.push(`${at + 1}:${column + 1}`)
    return line.replace(/[¹²³⁴⁵⁶⁷⁸]/, '')
  })
  return { text: lines.join('\n'), places }
}

const said = [
  'gateway.trusted_proxies[1]: /0 would trust every address',
  'identity.client_secret: the environment variable NOT_SET_ANYWHERE is not set',
  'session.idle: expected a duration such as 90s, 15m, 8h or 30d',
  'apps.wiki.titel: unknown key (did you mean "title"?)',
  'apps.erp.from: the host wiki.example.com already belongs to the app "wiki"',
  'apps.erp.policy[0].allow.schedule: unknown schedule "month_ends" (did you mean "month_end"?)',
  'apps.erp.policy[1].allow.networks[0]: unknown network "office" (none defined)',
  'grants[0].app: unknown app "erb" (did you mean "erp"?)',
]

test('reports eight problems at once, each with file, line and column', async () => {
  const { text, places } = plant(planted)
  const cwd = await folder({ 'einlass.yaml': text })
  expect(await runInProcess(check, '--config einlass.yaml', cwd)).toEqual({
    code: 1,
    stdout: said.map((what, at) => `einlass.yaml:${places[at]}: ${what}\n`).join(''),
    stderr: '8 problems: the configuration is not valid\n',
  })
  const { code, stdout } = await runInProcess(check, '--config einlass.yaml --json', cwd)
  expect(code).toBe(1)
  const answer = JSON.parse(stdout) as { problems: { file: string; line: number; column: number; message: string }[] }
  expect(answer).toMatchObject({ valid: false, hash: null, changes: null, warnings: [] })
  expect(answer.problems.map(({ file, line, column }) => `${file}:${line}:${column}`)).toEqual(
    places.map((place) => `einlass.yaml:${place}`),
  )
})

test('reports a problem of an included file with its name relative to the working directory', async () => {
  const included =
    'apps:\n  erp: { from: https://erp.example.com, to: http://10.20.0.5:8443, policy: [], modus: enforce }\n'
  const main = smallest.replaceAll('wildcard', '../wildcard').replace('file:secret', 'file:../secret')
  const cwd = await folder({ 'conf/main.yaml': `include: [apps.d/*.yaml]\n${main}`, 'conf/apps.d/erp.yaml': included })
  const { code, stdout } = await runInProcess(check, '--config conf/main.yaml', cwd)
  expect(code).toBe(1)
  expect(stdout).toContain('conf/apps.d/erp.yaml:2:80: apps.erp.modus: unknown key')
})

test('prints a warning like a problem, with exit code 0', async () => {
  const cwd = await folder({ 'a.yaml': smallest.replace('env:OIDC_CLIENT_SECRET', 'written-out') })
  const { code, stdout, stderr } = await runInProcess(check, '--config a.yaml', cwd)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout.split('\n')[0]).toBe(
    'a.yaml:2:83: identity.client_secret: warning: secret in clear text; use env:NAME or file:PATH',
  )
  expect(stdout.split('\n')[1]).toMatch(/^a\.yaml: valid \(1 app, version [0-9a-f]{16}\)$/)
})

test('--against reports who gains and who loses access, or no changes', async () => {
  const more = `  erp:
    from: https://erp.example.com
    to: http://10.20.0.5:8443
    policy: [{ name: finance, allow: { groups: [finance] } }]
grants:
  - { who: miro@example.com, app: wiki, until: 2026-12-31 }
`
  const cwd = await folder({ 'old.yaml': smallest, 'new.yaml': smallest.replace('[staff]', '[board]') + more })
  expect(await runInProcess(check, '--config new.yaml --against old.yaml', cwd)).toEqual({
    code: 0,
    stdout: `erp: gains access: group finance (rule "finance")
erp: the app is new (erp.example.com)
wiki: gains access: group board (rule "rule 1")
wiki: loses access: group staff (rule "rule 1")
wiki: the read grant of default|mailto:miro@example.com until 2026-12-31 (UTC) becomes valid
`,
    stderr: '',
  })
  expect((await runInProcess(check, '--config new.yaml --against new.yaml', cwd)).stdout).toBe('no access changes\n')
  const broken = await runInProcess(check, '--config new.yaml --against gone.yaml', cwd)
  expect(broken).toMatchObject({ code: 1, stdout: 'gone.yaml:1:1: the file cannot be read (ENOENT)\n' })
})
