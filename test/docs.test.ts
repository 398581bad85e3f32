// Documentation checks: links, anchors, files, commands, options, scripts and configurations named in it exist and are valid.

import { spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseDocument, stringify } from 'yaml'
import { externals, staff } from '../src/demo/people.ts'
import { loadConfiguration } from '../src/config/load/load.ts'
import { printProblem } from '../src/config/load/problem.ts'
import { parseInventory } from '../src/devices/sources/inventory-parser.ts'
import { certificateFolder } from './support/certificates.ts'

const root = fileURLToPath(new URL('../', import.meta.url))
const files = filesOf(root)
const pages = files.filter((file) => file.endsWith('.md'))

describe.each(pages)('%s', (page) => {
  const text = read(page)

  test('links only to existing files and headings', () => {
    const broken = linksOf(text).filter((link) => !leadsSomewhere(page, link))
    expect(broken).toEqual([])
  })

  test('names only existing commands, options and scripts', () => {
    const unknown = [...commandsIn(text), ...scriptsIn(text)].filter((problem) => problem !== undefined)
    expect(unknown).toEqual([])
  })
})

describe('configurations in the documentation', () => {
  const folder = mkdtempSync(join(tmpdir(), 'einlass-docs-'))
  const certificates = certificateFolder()
  const env = {
    OIDC_CLIENT_SECRET: 'secret',
    SUBSIDIARY_SECRET: 'secret',
    PARTNER_CLIENT_SECRET: 'secret',
    DEVICE_SECRET: 'a secret of at least thirty-two characters',
    ACME_HMAC: 'c2VjcmV0LW9mLXRoZS10ZXN0cw',
    WEBHOOK_SECRET: 'a secret of at least thirty-two characters',
    SMTP_PASSWORD: 'secret',
    ERP_KEY: 'secret',
    ERP_PASSWORD: 'secret',
    PROXY_URL: 'http://gateway:secret@proxy.example.com:3128',
    TEAMS_URL: 'https://teams.example.com/workflow',
    SLACK_URL: 'https://slack.example.com/services',
  }
  const blocks = pages.flatMap((page) =>
    [...read(page).matchAll(/^ *```yaml([^\n]*)\n([^]*?)^ *```/gm)].map((block, index) => ({
      name: `${page}, block ${index + 1}`,
      about: block[1]!.trim(),
      text: block[2]!,
    })),
  )

  beforeAll(() => {
    const { cert, key } = certificates.make(['*.example.com'])
    writeFileSync(join(folder, 'wildcard.crt'), readFileSync(cert))
    writeFileSync(join(folder, 'wildcard.key'), readFileSync(key))
    writeFileSync(join(folder, 'corp-root.pem'), readFileSync(cert))
    for (const name of ['secret', 'old', 'new']) {
      writeFileSync(join(folder, `${name}.key`), Buffer.alloc(32, name).toString('base64'))
    }
    writeFileSync(join(folder, 'device-keys.json'), '{"keys":[]}')
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const account = {
      client_email: 'groups@project.iam.gserviceaccount.com',
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    }
    writeFileSync(join(folder, 'google-directory.json'), JSON.stringify(account))
    writeFileSync(join(folder, 'devices.yaml'), 'devices: []\n')
    for (const image of ['logos/example.svg', 'icons/erp.svg']) {
      mkdirSync(join(folder, dirname(image)))
      writeFileSync(join(folder, image), '<svg xmlns="http://www.w3.org/2000/svg"/>')
    }
  })
  afterAll(() => {
    certificates.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  test('exist', () => {
    expect(blocks.length).toBeGreaterThan(8)
  })

  test.each(blocks)('$name is valid', async ({ about, text }) => {
    if (about === 'file=devices.yaml') {
      expect(parseInventory(text, 'inventory', 'yaml').size).toBeGreaterThan(0)
      return
    }
    const document = parseDocument(text)
    expect(document.errors).toEqual([])
    const file = join(folder, 'einlass.yaml')
    writeFileSync(file, stringify(completed(document.toJS() as Mapping)))
    const loaded = await loadConfiguration({ file, env })
    expect(loaded.state === 'invalid' ? loaded.problems.map(printProblem) : []).toEqual([])
  })
})

test('the README lists every demo user with user name and password', () => {
  const rows = read('README.md')
    .split('\n')
    .filter((line) => line.startsWith('|'))
  const named = ({ name, username, password }: { name: string; username: string; password: string }): boolean =>
    rows.some((row) => [name, `\`${username}\``, `\`${password}\``].every((word) => row.includes(word)))
  expect([...staff, ...externals].filter((person) => !named(person))).toEqual([])
})

test('pictures are smaller than 400 kB', () => {
  const pictures = files.filter((file) => file.startsWith('docs/pictures/'))
  expect(pictures.length).toBeGreaterThan(0)
  expect(pictures.filter((file) => statSync(join(root, file)).size > 400_000)).toEqual([])
})

test('no file contains a path of the machine it was written on', () => {
  // Assembled from parts, so that this file does not match.
  const places = new RegExp(
    ['/(?:ho', 'me|Us', 'ers)/[a-z][\\w-]*/|/ro', 'ot/|/wo', 'rk/(?:ma', 'in|sha', 'red)'].join(''),
  )
  const text = files.filter((file) => !/\.(png|ico|woff2?)$/.test(file))
  expect(text.filter((file) => places.test(read(file)))).toEqual([])
})

type Mapping = { readonly [key: string]: unknown }

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

/** Files of the project, without dependencies, results and databases. */
function filesOf(folder: string): string[] {
  const skipped = new Set(['node_modules', '.git', 'tmp', 'results', 'coverage', 'build'])
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) return skipped.has(entry.name) ? [] : filesOf(path)
      return entry.isFile() && !/\.(db|db-shm|db-wal|log)$/.test(entry.name) ? [relative(root, path)] : []
    })
    .toSorted()
}

/** Relative link and picture targets, outside of code. */
function linksOf(text: string): string[] {
  const prose = text.replace(/^ *```[^]*?^ *```/gm, '').replace(/`[^`\n]*`/g, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target!)
    .filter((target) => !/^[a-z]+:/.test(target))
}

function leadsSomewhere(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? page : relative(root, resolve(root, dirname(page), path))
  if (target.startsWith('..') || !existsSync(join(root, target))) return false
  return anchor === undefined || headingsOf(read(target)).includes(anchor)
}

/** Anchors of headings, as code hosting sites derive them. */
function headingsOf(text: string): string[] {
  const headings = [...text.replace(/^ *```[^]*?^ *```/gm, '').matchAll(/^#{1,6} +(.+)$/gm)]
  return headings.map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

const help = new Map<string, string>()

function helpOf(...words: string[]): string {
  const key = words.join(' ')
  if (!help.has(key)) {
    const { stdout } = spawnSync(process.execPath, [join(root, 'bin/einlass.mjs'), ...words, '--help'], {
      encoding: 'utf8',
    })
    help.set(key, stdout)
  }
  return help.get(key)!
}

/** Problems of `einlass COMMAND ... --option` in code, compared with the program's help; undefined if there is none. */
function commandsIn(text: string): (string | undefined)[] {
  const code = [...text.matchAll(/^ *```(?!yaml|json)[^\n]*\n([^]*?)^ *```/gm), ...text.matchAll(/`([^`\n]+)`/g)]
  const lines = code.flatMap(([, inner]) => inner!.replaceAll('\\|', ' ').split('\n'))
  const calls = lines.flatMap((line) => [...line.matchAll(/(?:^|[\s$&])einlass ((?:--)?[a-z][^#|&]*)/g)])
  return calls.map(([, call]) => {
    const [command = '', ...words] = call!.trim().split(/\s+/)
    if (['--help', '--version', 'help'].includes(command)) return undefined
    if (!new RegExp(`^  ${command} `, 'm').test(helpOf())) return `unknown command "einlass ${command}"`
    const unknown = words.filter((word) => /^--[a-z]/.test(word)).map((word) => word.replace(/[^a-z-].*$/, ''))
    const said = helpOf(command)
    const wrong = unknown.find((option) => option !== '--help' && !said.includes(option))
    return wrong === undefined ? undefined : `einlass ${command} has no ${wrong}`
  })
}

function scriptsIn(text: string): (string | undefined)[] {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  return [...text.matchAll(/\bnpm (?:run ([a-z:]+)|(start|test)\b)/g)].map(([, named, short]) =>
    Object.hasOwn(scripts, named ?? short!) ? undefined : `there is no script "${named ?? short}"`,
  )
}

/** Completes a part of a configuration with the rest of the smallest valid one. The part takes precedence. */
function completed(part: Mapping): Mapping {
  const apps = (part['apps'] ?? { wiki: {} }) as Record<string, Mapping>
  const providers = mapping(part['identity'])['providers']
  const one = { issuer: 'https://login.example.com', client_id: 'einlass', client_secret: 'env:OIDC_CLIENT_SECRET' }
  return {
    ...part,
    gateway: {
      url: 'https://access.example.com',
      tls: { cert: 'wildcard.crt', key: 'wildcard.key' },
      secret_key: 'file:secret.key',
      ...mapping(part['gateway']),
    },
    identity: providers === undefined ? { ...one, ...mapping(part['identity']) } : part['identity'],
    apps: Object.fromEntries(
      Object.entries(apps).map(([name, app]) => [
        name,
        {
          from: `https://${name}.example.com`,
          to: 'http://10.20.0.7:3000',
          policy: [{ allow: { groups: ['staff'] } }],
          ...app,
        },
      ]),
    ),
  }
}

function mapping(value: unknown): Mapping {
  return (value ?? {}) as Mapping
}
