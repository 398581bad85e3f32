// `einlass explain` on the command line.

import { describe, expect, test } from 'vitest'
import { explain } from '../../src/cli/explain.ts'
import { folder, smallest } from '../config/config-fixtures.ts'
import { run, runInProcess, type CommandResult } from './run-command.ts'

const configuration = `gateway: { url: https://access.example.com, tls: { cert: wildcard.crt, key: wildcard.key }, secret_key: file:secret.key }
identity:
  providers:
    company:
      issuer: https://login.example.com
      client_id: einlass
      client_secret: env:OIDC_CLIENT_SECRET
      mfa: { amr_any: [otp] }
      step_up: { prompt: login }
      domains: [example.com]
    partners:
      issuer: https://login.example.net
      external: true
      client_id: einlass
      client_secret: env:OIDC_CLIENT_SECRET
      mfa: { amr_any: [otp] }
      step_up: { prompt: login }
networks: { office: [192.0.2.0/24, 2001:db8::/32] }
schedules:
  month_end: { days: [mon], from: "08:00", to: "18:00", tz: Europe/Berlin }
devices:
  postures:
    company_laptop: { managed: true, disk_encrypted: true }
apps:
  wiki:
    from: https://wiki.example.com
    to: http://10.20.0.7:3000
    policy: [{ name: staff, allow: { groups: [staff] } }]
    cross_site_posts: [/saml/acs]
  erp:
    from: https://erp.example.com
    to: http://10.20.0.5:8443
    title: ERP
    require: { mfa: true, device: company_laptop }
    public: [{ paths: ["/webhooks/*"], methods: [POST] }]
    policy:
      - { name: no contractors, deny: { groups: [contractors] } }
      - { name: CFO closes the books, allow: { users: [cfo@example.com], schedule: month_end } }
      - { name: vendor maintenance, allow: { grant: required } }
      - { name: only from the office, mode: monitor, deny: { not: { networks: [office] } } }
`
const files = {
  'einlass.yaml': configuration,
  'good.json': '{"device_id":"NB-1","managed":true,"disk_encrypted":true}',
  'bad.json': '{"device_id":"NB-1","managed":false,"disk_encrypted":true}',
  'half.json': '{"device_id":"NB-1","managed":true}',
  'slip.json': '{"device_id":"NB-1","disk_encryptd":true}',
  'list.json': '[]',
  'text.json': 'hello\nworld',
  'words.json': '{"managed":"yes"}',
}
/** A Monday, in winter: Berlin is one hour ahead of UTC. */
const cfo = '--app erp --user cfo@example.com --amr otp --posture good.json --ip 192.0.2.7 --at 2026-11-30T14:00'

const beforeRules = '\n  decided before any rule: the conditions below had no influence\n'

const ask = async (
  words: string | readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<CommandResult> => {
  const args = typeof words === 'string' ? words.split(' ') : words
  return runInProcess(explain, ['--config', 'einlass.yaml', ...args], await folder({ ...files, ...more }))
}

describe('output', () => {
  test('allow: exit 0, and every condition of every rule with its state', async () => {
    expect(await ask(cfo)).toEqual({
      code: 0,
      stderr: '',
      stdout: `erp: ALLOW by "CFO closes the books"
  valid until 2026-11-30T14:01:00+01:00 at the latest

request: GET / by cfo@example.com of company, from 192.0.2.7 (office), on device NB-1, at 2026-11-30T14:00:00+01:00 (Europe/Berlin)

required by every allow
  ✓ met       mfa: mfa
  ✓ met       device: company_laptop

deny "no contractors": unmet
  ✗ unmet     groups: contractors (not_in_group)

allow "CFO closes the books": met
  ✓ met       users: cfo@example.com
  ✓ met       schedule: month_end

allow "vendor maintenance": unmet
  ✗ unmet     grant: required
              grant_required: You need time-limited access to ERP, and none has been granted to you.

deny "only from the office", mode monitor: unmet
  ✗ unmet     not: (networks: office) (network_not_allowed)
`,
    })
  })

  test('challenge: exit 3, and the remedy', async () => {
    const { code, stdout } = await ask(cfo.replace(' --amr otp', ''))
    expect(code).toBe(3)
    expect(stdout).toMatch(/^erp: CHALLENGE by "CFO closes the books"\n {2}mfa_required: ERP requires a second factor/)
    expect(stdout).toContain('\n  remedy: signing in again with mfa\n')
    expect(stdout).toMatch(
      /^ {2}\? unknown {3}mfa: mfa\n {14}mfa_required: .*\n {14}unknown because the sign-in states neither/m,
    )
    const stranger = await ask('--app erp')
    expect(stranger.code).toBe(3)
    expect(stranger.stdout).toMatch(/^erp: CHALLENGE\n {2}no_session: /)
    expect(stranger.stdout).toContain(
      'request: GET / by an anonymous user, from 192.0.2.1 (no network), on no known device',
    )
  })

  test('deny: exit 4, the closest reason; unknown facts are reported as unknown', async () => {
    const denied = await ask(cfo.replace('good', 'bad'))
    expect(denied.code).toBe(4)
    expect(denied.stdout).toMatch(/^erp: DENY\n {2}device_not_compliant: /)
    const half = await ask(cfo.replace('good', 'half'))
    expect(half.code).toBe(4)
    expect(half.stdout).toMatch(/^ {2}\? unknown {3}device: company_laptop\n {14}device_unknown: /m)
    const contractor = await ask(`${cfo} --group contractors`)
    expect(contractor.code).toBe(4)
    expect(contractor.stdout).toMatch(/^erp: DENY by "no contractors"\n {2}denied_by_rule: /)
  })

  test('an absent claim is unknown, and the output names it', async () => {
    const rule = '      - { name: no contractors, deny: { groups: [contractors] } }'
    const claims = '      - { name: no sales, deny: { claims: { dept: [sales] } } }'
    const text = configuration.replace(rule, claims)
    const asked = (more: string) => ask(`${cfo}${more}`, { ...files, 'einlass.yaml': text })
    const absent = await asked('')
    expect(absent.code).toBe(4)
    expect(absent.stdout).toMatch(/^erp: DENY by "no sales"\n {2}denied_by_unknown: .*\n {2}claim_unknown: /)
    expect(absent.stdout).toMatch(
      /^ {2}\? unknown {3}claims: dept = sales .*\n {14}unknown because the claim `dept` is absent$/m,
    )
    expect(await asked(' --claim dept=it')).toMatchObject({ code: 0 })
    expect(await asked(' --claim dept=it --claim dept=sales')).toMatchObject({ code: 4 })
    expect(await asked(' --claim dept')).toMatchObject({ code: 2 })
  })

  test('an unknown address is in no network, and is not outside one either', async () => {
    const text = configuration.replace('mode: monitor, deny', 'deny')
    const unknown = await ask(cfo.replace('192.0.2.7', 'unknown'), { ...files, 'einlass.yaml': text })
    expect(unknown.code).toBe(4)
    expect(unknown.stdout).toMatch(/^erp: DENY by "only from the office"\n {2}denied_by_unknown: /)
    expect(unknown.stdout).toContain('from an unknown address, on device')
    expect(unknown.stdout).toContain('unknown because the address of the client is not known')
  })

  test('a cross-origin WebSocket handshake is denied before any rule, which the output states', async () => {
    const staff = '--app wiki --user anna@example.com --group staff'
    const own = await ask(`${staff} --origin https://wiki.example.com`)
    expect(own).toMatchObject({ code: 0 })
    expect(own.stdout).not.toContain(beforeRules)
    const foreign = await ask(`${staff} --origin https://evil.test`)
    expect(foreign).toMatchObject({ code: 4 })
    expect(foreign.stdout).toContain('origin_not_allowed')
    expect(foreign.stdout).toContain(beforeRules)
  })

  test('a write from a page of another origin is denied before any rule, with the origin to trust', async () => {
    const staff = '--app wiki --user anna@example.com --group staff'
    for (const facts of [
      '--method POST --origin https://evil.test',
      '--method POST --origin https://wiki.example.com --fetch-site same-site',
      '--method DELETE --fetch-site cross-site',
      '--method OPTIONS --origin https://evil.test',
      '--method CONNECT',
    ]) {
      const foreign = await ask(`${staff} ${facts}`)
      expect(foreign, facts).toMatchObject({ code: 4 })
      expect(foreign.stdout).toContain('origin_not_allowed')
      expect(foreign.stdout).toContain(beforeRules)
    }
    const named = await ask(`${staff} --method POST --origin https://evil.test`)
    expect(named.stdout).toMatch(
      /add the path to cross_site_posts of the application; https:\/\/evil\.test in trusted_origins/,
    )
    const script = await ask(`${staff} --method PUT --origin https://evil.test`)
    expect(script.stdout).toContain('add https://evil.test to trusted_origins')
    for (const facts of [
      '--method POST',
      '--method POST --origin https://wiki.example.com',
      '--method POST --fetch-site same-origin',
      '--origin https://evil.test --method GET',
    ]) {
      const own = await ask(`${staff} ${facts}`)
      expect(own, facts).toMatchObject({ code: 0 })
      expect(own.stdout).not.toContain(beforeRules)
    }
    expect(await ask(`${staff} --method POST --fetch-site elsewhere`)).toMatchObject({ code: 2 })
  })

  test('a form of another site to a path in cross_site_posts is decided as the own one, which the output states', async () => {
    const form = '--app wiki --method POST --path /saml/acs --origin https://idp.test --fetch-site cross-site'
    const { code, stdout } = await ask(`${form} --user anna@example.com --group staff`)
    expect([code, stdout.includes('cross_site_posts: a form from there is sent again')]).toEqual([0, true])
    expect(await ask(form)).toMatchObject({ code: 3 })
    const json = await ask(`${form} --user anna@example.com --group staff --json`)
    expect(JSON.parse(json.stdout)).toMatchObject({ formSentAgain: true, decision: { effect: 'allow' } })
    expect(await ask(form.replace('/saml/acs', '/saml/acs/x'))).toMatchObject({ code: 4 })
    expect(await ask(form.replace('POST', 'PUT'))).toMatchObject({ code: 4 })
  })

  test('a public path is allowed before any rule, which the output states', async () => {
    const { code, stdout } = await ask('--app erp --path /webhooks/push --method POST')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^erp: ALLOW by "public"\n/)
    expect(stdout).toContain(beforeRules)
  })

  test('a rule in mode monitor is reported, and decides nothing', async () => {
    const { code, stdout } = await ask(cfo.replace('192.0.2.7', '198.51.100.1'))
    expect(code).toBe(0)
    expect(stdout).toContain('\n  in mode monitor, not enforced: "only from the office" would deny\n')
  })

  test('the decision depends on user, group, provider, time, method, path and address', async () => {
    expect((await ask('--app wiki --user x@example.com --group other --group staff')).code).toBe(0)
    expect((await ask('--app wiki --user x@example.com --group other')).code).toBe(4)
    // An external provider is not trusted for an internal e-mail address.
    expect((await ask(`${cfo} --provider partners`)).code).toBe(4)
    expect((await ask(`${cfo}+01:00`)).code).toBe(0)
    expect((await ask(`${cfo}-08:00`)).code).toBe(4)
    expect((await ask('--app wiki --method post --path /b?q=1 --ip ::ffff:192.0.2.9')).stdout).toContain(
      'request: POST /b by an anonymous user, from 192.0.2.9 (office)',
    )
  })

  test('--json has the same keys for every decision', async () => {
    const shapes = await Promise.all(
      [cfo, cfo.replace(' --amr otp', ''), cfo.replace('good', 'bad'), '--app erp'].map(async (words) => {
        const { code, stdout, stderr } = await ask(`${words} --json`)
        expect(stderr).toBe('')
        expect(stdout).toMatch(/^\{[^\n]*\}\n$/)
        const answer = JSON.parse(stdout) as { decision: { effect: string } }
        expect([code, answer.decision.effect]).toEqual(
          { 0: [0, 'allow'], 3: [3, 'challenge'], 4: [4, 'deny'] }[code as 0 | 3 | 4],
        )
        return { answer: Object.keys(answer), decision: Object.keys(answer.decision) }
      }),
    )
    const decision = ['effect', 'rule', 'reasons', 'remedy', 'limits', 'validUntil', 'grant', 'monitored', 'observed']
    for (const shape of shapes) {
      expect(shape).toEqual({ answer: ['app', 'at', 'decision', 'of', 'formSentAgain', 'required', 'rules'], decision })
    }
    const { stdout } = await ask(`${cfo} --json`)
    expect(JSON.parse(stdout)).toMatchObject({
      app: 'erp',
      at: Date.parse('2026-11-30T14:00+01:00'),
      decision: { rule: 'CFO closes the books', remedy: null, validUntil: Date.parse('2026-11-30T14:01+01:00') },
      required: [
        { name: 'mfa', verdict: { state: 'met' } },
        { name: 'device', verdict: { state: 'met' } },
      ],
    })
  })
})

describe('grants and times', () => {
  const vendor = '--app erp --user v@example.com --amr otp --posture good.json --ip 192.0.2.7'
  const grant = '--grant full,2026-12-01T08:00,2026-12-15T18:00'

  test('a grant is valid from its start until before its end, in the zone of the app’s schedule', async () => {
    const at = async (moment: string): Promise<number | null> => (await ask(`${vendor} ${grant} --at ${moment}`)).code
    expect(await at('2026-12-01T06:59:59Z')).toBe(4)
    expect(await at('2026-12-01T07:00:00Z')).toBe(0)
    expect(await at('2026-12-15T17:59')).toBe(0)
    expect(await at('2026-12-15T18:00')).toBe(4)
    const { stdout } = await ask(`${vendor} ${grant} --at 2026-11-30T10:00`)
    expect(stdout).toContain('\n  remedy: waiting until 2026-12-01T08:00:00+01:00\n')
  })

  test('times of an app without schedules are in the zone of this machine', async () => {
    const cwd = await folder(files)
    const words = ['explain', '--config', 'einlass.yaml', '--app', 'wiki', '--at', '2026-11-30T14:00']
    const { stdout } = await run(words, { cwd, env: { TZ: 'Asia/Tokyo' } })
    expect(stdout).toContain('at 2026-11-30T14:00:00+09:00 (Asia/Tokyo)\n')
  })

  test('accepts several grants', async () => {
    const { code, stdout } = await ask(`${vendor} --grant read,2026-01-01,2026-02-01 ${grant} --at 2026-12-02T09:00`)
    expect(code).toBe(0)
    expect(stdout).toContain(', with 2 grants, at ')
  })
})

describe('an invalid argument', () => {
  const wrong: readonly (readonly [string, string])[] = [
    ['--app epr', '--app: unknown app "epr" (did you mean "erp"?)'],
    ['--app intranet', '--app: unknown app "intranet"; known apps: wiki, erp'],
    ['--app erp --at noon', '--at: noon is not a time; write it as 2026-11-30T14:00 or 2026-11-30T14:00+01:00'],
    ['--app erp --at 2026-02-30T14:00', '--at: 2026-02-30T14:00 is not a time; write it as'],
    ['--app erp --ip 192.0.2', '--ip: 192.0.2 is not an address'],
    ['--app erp --path /%2e%2e%2f', '--path: /%2e%2e%2f has no canonical form'],
    ['--app erp --path /webhooks%2Fx', '--path: /webhooks%2Fx is ambiguous because of %2F (`public`: /webhooks/*)'],
    ['--app erp --method G:T', '--method: G:T is not a method'],
    ['--app erp --group staff', '--group requires --user'],
    ['--app erp --grant full,2026-12-01,2026-12-02', '--grant requires --user'],
    [
      '--app erp --user a@example.com --grant all,2026-12-01,2026-12-02',
      '--grant: all,2026-12-01,2026-12-02 is not a grant',
    ],
    [
      '--app erp --user a@example.com --grant full,2026-12-01',
      '--grant: full,2026-12-01 is not a grant; write LEVEL,FROM,UNTIL',
    ],
    [
      '--app erp --user a@example.com --grant full,2026-12-02,2026-12-01',
      '--grant: full,2026-12-02,2026-12-01 ends before',
    ],
    ['--app erp --user a@example.com --grant full,soon,2026-12-01', '--grant: soon is not a time'],
    ['--app erp --user a@example.com --auth-age long', '--auth-age: long is not a duration'],
    [
      '--app erp --user a@example.com --provider compny',
      '--provider: unknown provider "compny" (did you mean "company"?)',
    ],
    ['--app erp --user a@elsewhere.example', 'missing --provider; known providers: company, partners'],
    ['--app erp --posture none.json', '--posture: none.json: cannot be read (ENOENT)'],
    ['--app erp --posture text.json', '--posture: text.json: not valid JSON'],
    ['--app erp --posture list.json', '--posture: list.json: not a JSON object'],
    ['--app erp --posture words.json', '--posture: words.json: invalid value of managed'],
    [
      '--app erp --posture slip.json',
      '--posture: slip.json: unknown attribute disk_encryptd (did you mean "disk_encrypted"?)',
    ],
  ]
  test.each(wrong)('%s: exit 2 and one line', async (words, message) => {
    const { code, stdout, stderr } = await ask(words)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^einlass explain: [^\n]+\n$/)
    expect(stderr).toContain(message)
  })

  test('escapes control characters of arguments', async () => {
    const { code, stderr } = await ask(['--app', 'erp', '--at', 'a\nb\u001b[31m'])
    expect(code).toBe(2)
    expect(stderr).toMatch(/^[^\n\u001b]+\n$/)
  })
})

test('prints configuration warnings to standard error, and problems with exit 1', async () => {
  const cwd = await folder({
    'a.yaml': smallest.replace('env:OIDC_CLIENT_SECRET', 'written-out-in-clear'),
    'b.yaml': 'foo: 1\n',
  })
  const warned = await runInProcess(explain, '--config a.yaml --app wiki', cwd)
  expect(warned.code).toBe(3)
  expect(warned.stderr).toBe(
    'a.yaml:2:83: identity.client_secret: warning: secret in clear text; use env:NAME or file:PATH\n',
  )
  const invalid = await runInProcess(explain, '--config b.yaml --app wiki', cwd)
  expect(invalid).toMatchObject({ code: 1, stdout: '' })
  expect(invalid.stderr).toContain('b.yaml:1:1: foo: unknown key')
})

test('--url finds the app by host and longest path, as a request would', async () => {
  const shared = `${configuration}  handbook: { from: https://wiki.example.com/book, to: http://10.20.0.9, policy: [{ name: readers, allow: { groups: [staff], paths: [/book/open/*] } }] }
`
  const cwd = await folder({ 'shared.yaml': shared })
  const explained = async (facts: string) => {
    const { code, stdout } = await runInProcess(explain, ['--config', 'shared.yaml', ...facts.split(' ')], cwd)
    return `${code} ${/ by "([^"]*)"/.exec(stdout)?.[1]}`
  }
  const kim = '--user kim@example.com --group staff'
  expect(await explained(`--url https://wiki.example.com/booking ${kim}`)).toBe('0 staff')
  expect(await explained(`--url https://wiki.example.com/book/open/1?q#f ${kim}`)).toBe('0 readers')
  expect((await explained(`--url https://wiki.example.com/book ${kim}`)).startsWith('4 ')).toBe(true)
  const outside = await runInProcess(explain, ['--config', 'shared.yaml', '--app', 'handbook', '--path', '/'], cwd)
  expect(outside.stderr).toContain('--path: / is no path of this app, which has /book')
})

describe('a copy', () => {
  const text = configuration.replace(
    'policy: [{ name: staff, allow: { groups: [staff] } }]',
    'methods: webdav\n    policy: [{ name: locked, deny: { paths: [/locked/*], actions: [write] } }, { name: staff, allow: { groups: [staff] } }]',
  )
  const copy = (more: string) =>
    ask(`--app wiki --user anna@example.com --group staff --at 2026-11-30T14:00 ${more}`, { 'einlass.yaml': text })

  test('is explained by the path that decides', async () => {
    const allowed = await copy('--method COPY --path /locked/a --destination /b')
    expect([allowed.code, allowed.stdout]).toEqual([0, expect.stringContaining('COPY /locked/a to /b by')])
    const denied = await copy('--method COPY --path /a --destination /locked/b')
    expect([denied.code, denied.stdout]).toEqual([4, expect.stringMatching(/^wiki: DENY by "locked"/)])
    expect(denied.stdout).toContain('the conditions below are about the destination')
    const moved = await copy('--method MOVE --path /locked/a --destination /b')
    expect([moved.code, moved.stdout]).toEqual([
      4,
      expect.stringContaining('the conditions below are about the source'),
    ])
  })

  test.each([
    ['--method COPY', '--method COPY requires --destination'],
    ['--destination /b', '--destination: GET has none'],
    [
      '--method COPY --destination /a/%2e%2e/b',
      '--destination: /a/%2e%2e/b is no Destination of this app: the gateway responds 400',
    ],
    ['--method PURGE', 'apps.wiki.methods does not accept PURGE: the gateway responds 501'],
  ])('with %s cannot be explained, in the words of the gateway', async (options, words) => {
    const { code, stderr } = await copy(options)
    expect([code, stderr]).toEqual([2, expect.stringContaining(words)])
  })
})
