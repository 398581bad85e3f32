// Attack class configuration: ambiguous or invalid configurations are rejected, and the active one stays in force.

import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { must, type AttackSuite, type Check } from '../case.ts'
import { withConfiguration } from '../run-cli.ts'
import { withBackgroundClient } from '../background-client.ts'

const right = `gateway: { url: http://access.localhost:8080, operations: false }
store: "memory:"
identity: { issuer: http://127.0.0.1:1, client_id: einlass, client_secret: env:TEST_SECRET }
apps:
  wiki:
    from: http://wiki.localhost:8080
    to: http://127.0.0.1:3000
    policy: [{ allow: { groups: [staff] } }]
`
const env = { ...process.env, TEST_SECRET: 'a secret' }
const check = (text: string, environment: NodeJS.ProcessEnv = env) =>
  withConfiguration(text, (file) => ['check', '--config', file], environment)

function refused(name: string, texts: readonly string[], environment: NodeJS.ProcessEnv = env): Check {
  return {
    name,
    async run() {
      const plain = await check(right)
      must(plain.code === 0, 'the configuration to be right without it', plain.text)
      for (const text of texts) {
        const { code, text: said } = await check(text, environment)
        must(
          code === 1 && /einlass\.yaml:\d+:\d+: /.test(said),
          'a refusal with file, line and column',
          `${code} ${said}`,
        )
      }
    },
  }
}

const changed = (from: string, to: string): string => {
  if (!right.includes(from)) throw new Error(`there is no ${from}`)
  return right.replace(from, to)
}
/** With access requests whose ticket numbers have this pattern. */
const ticketed = (pattern: string): string =>
  `${right}    requests: { eligible: {}, approvers: { users: [a@example.com] }, max_duration: 1h, ticket: { pattern: "${pattern}" } }\n`
const keyed = (key: string): string =>
  right.replace('store: "memory:"', 'store: "sqlite:x.db"').replace('operations', `secret_key: ${key}, operations`)

export const configuration: AttackSuite = {
  class: 'ssrf-config',
  checks: [
    refused('an app without rules', [
      changed('    policy: [{ allow: { groups: [staff] } }]\n', ''),
      changed('policy:', 'polcies:'),
      changed('policy: [{ allow: { groups: [staff] } }]', 'policy: [{}]'),
    ]),
    refused('an accent that is a stylesheet, links that run script, and addresses of support that are none', [
      `${right}organisation: { accent: "#000} body{display:none" }\n`,
      `${right}organisation: { accent: "url(https://evil.test)" }\n`,
      `${right}organisation: { messages: { request: "[help](javascript:alert(1))" } }\n`,
      `${right}organisation: { messages: { denied: { mfa_required: { de: "[x](data:text/html,x)" } } } }\n`,
      `${right}    messages: { emergency: "[x](http://evil.test)" }\n`,
      `${right}organisation: { imprint: "javascript:alert(1)" }\n`,
      `${right}organisation: { support: { mail: "it@example.com?bcc=evil@evil.test" } }\n`,
      `${right}organisation: { logo: "/etc/hostname" }\n`,
    ]),
    refused('unknown keys, tabs, and a duplicate key', [
      changed('groups', 'allow_groups'),
      `${right}\tx: 1\n`,
      `${right}store: "sqlite:other.db"\n`,
      changed('[staff]', '!!js/function "function(){}"'),
      changed('[staff]', '*nowhere'),
      `${right}__proto__: { polluted: true }\n`,
    ]),
    refused('a secret that is missing, short, empty or the one of the manual', [
      keyed('""'),
      keyed('secret'),
      keyed('aaaa'),
      right.replace('store: "memory:"', 'store: "sqlite:x.db"'),
      keyed('file:nowhere.key'),
      changed('env:TEST_SECRET', 'env:NOBODY_SET_THIS'),
    ]),
    refused('a time zone, a schedule or a network that does not exist', [
      `${right}schedules: { work: { from: "08:00", to: "18:00", tz: Europe/Nowhere } }\n`,
      `${right}schedules: { work: { days: [monday], from: "25:00", to: "18:00" } }\n`,
      changed('groups: [staff]', 'groups: [staff], schedule: nowhere'),
      changed('groups: [staff]', 'groups: [staff], networks: [nowhere]'),
      changed('operations', 'trusted_proxies: [0.0.0.0/0], operations'),
    ]),
    refused('patterns that could keep a processor busy', [
      changed('groups: [staff]', 'groups: [staff], paths: ["/(a+)+*/x"]'),
      changed('groups: [staff]', 'groups: [staff], paths: ["^/(a+)+$"]'),
      ...['(?=INC)[A-Z]+', '(a+)\\\\1', '(a{1000}){1000}'].map(ticketed),
    ]),
    refused('an app at a cloud’s metadata service, a special address, or Einlass itself', [
      ...[
        'http://169.254.169.254',
        'http://0xa9fea9fe',
        'http://[::ffff:169.254.169.254]',
        'http://[fd00:ec2::254]',
        'http://metadata.google.internal',
        'http://0.0.0.0:3000',
        'http://[fe80::1]',
        'http://127.0.0.1:8080',
        'http://localhost:8080',
        'http://access.localhost:8080',
        'http://wiki.localhost:8080',
      ].map((to) => changed('http://127.0.0.1:3000', `"${to}"`)),
      changed('operations: false', 'operations: "127.0.0.1:3000"'),
      changed('issuer: http://127.0.0.1:1', 'issuer: https://169.254.169.254'),
    ]),
    refused('two apps on one host, and an app on the gateway’s', [
      `${right}  erp: { from: "http://wiki.localhost:8080", to: "http://127.0.0.1:3001", policy: [{ allow: {} }] }\n`,
      changed('http://wiki.localhost:8080', 'http://access.localhost:8080'),
    ]),
    {
      name: 'the value of a variable is text, not YAML',
      async run() {
        const environment = { ...env, TEST_SECRET: 'x\nstore: "sqlite:evil.db"\napps: {}' }
        const { code, text } = await check(right, environment)
        must(code === 0 || !text.includes('evil'), 'the value to be data, and not to be shown', text)
      },
    },
    {
      name: 'an invalid file while users are signed in',
      async run(ground) {
        for (const broken of ['', 'apps: [', '{"apps": {}}', ground.configurationText.replace('"staff"', '["staff"')]) {
          await ground.configure(broken)
          const answer = await ground.ada.ask(`${ground.origin('wiki')}/x`, ground.port)
          must(answer.status === 200, 'the old configuration to work', answer.status)
          const denied = await ground.ada.ask(`${ground.origin('books')}/x`, ground.port)
          must(denied.status === 403, 'the old rules, all of them', denied.status)
        }
        await ground.configure(ground.configurationText)
        must(/config/i.test(ground.node.output()), 'a word about it in the log', 'nothing')
      },
    },
    {
      name: 'reloads under load',
      async run(ground) {
        const figures = await withBackgroundClient(ground, async () => {
          for (let round = 0; round < 15; round++) {
            await ground.configure(ground.configurationText.replace('"title": "<img', `"title": "${round}<img`))
            await pause(10)
          }
        })
        await ground.configure(ground.configurationText)
        return `${figures}, over 15 reloads`
      },
    },
    {
      name: 'the same path on two apps at once',
      async run(ground) {
        for (let round = 0; round < 5; round++) {
          const apps = ['wiki', 'erp', 'books', 'reading', 'mail'] as const
          const answers = await Promise.all(
            apps.map((app) => ground.ada.ask(`${ground.origin(app)}/same`, ground.port, { method: 'POST', body: 'x' })),
          )
          const statuses = answers.map(({ status }) => status).join()
          must(statuses === '200,200,403,403,403', 'each decided by its own rules', statuses)
        }
      },
    },
    {
      name: 'minimum versions without known vulnerabilities',
      async run() {
        const lock = JSON.parse(await readFile(resolve(import.meta.dirname, '../../../package-lock.json'), 'utf8')) as {
          packages: Record<string, { version?: string; hasInstallScript?: boolean }>
        }
        const floors = { undici: '8.12.4', ws: '8.21.1', ioredis: '6.0.0' }
        for (const [name, floor] of Object.entries(floors)) {
          const version = lock.packages[`node_modules/${name}`]?.version
          must(version !== undefined && atLeast(version, floor), `${name} ${floor} or newer`, version)
        }
        must(
          lock.packages['node_modules/http-proxy-middleware'] === undefined,
          'no http-proxy-middleware',
          'it is there',
        )
      },
    },
  ],
}

function atLeast(version: string, floor: string): boolean {
  const [one, other] = [version, floor].map((text) => text.split('.').map(Number)) as [number[], number[]]
  const at = other.findIndex((part, index) => part !== one[index])
  return at < 0 || one[at]! > other[at]!
}
