// Fuzz target configuration: any file gives a configuration or a list of problems, never an exception or a leaked secret.

import { mkdir, readdir, readFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { loadConfiguration } from '../../../src/config/load/load.ts'
import { printProblem } from '../../../src/config/load/problem.ts'
import { makeCertificate } from '../../config/test-certificate.ts'
import { mutate } from '../mutate.ts'
import { must, opened, type FuzzTarget } from '../target.ts'

const root = resolve(import.meta.dirname, '../../..')
const secret = 'a-secret-nobody-may-print-7f3a'
const dictionary = [
  '\n',
  '\n  ',
  '\n    ',
  ': ',
  '- ',
  '? ',
  '&a ',
  '*a',
  '!!binary ',
  '!!js/function ',
  '|\n',
  '>\n',
  '{',
  '}',
  '[',
  ']',
  ',',
  '#',
  '"',
  "'",
  '%',
  '@',
  '`',
  '---\n',
  '...\n',
  '<<: *a',
  'null',
  '~',
  'true',
  '0',
  '-1',
  '1e400',
  '.inf',
  '.nan',
  '0x1F',
  '""',
  '0.0.0.0/0',
  '::/0',
  '10.0.0.0/33',
  'env:NOBODY',
  'file:nothing',
  'env:OIDC_CLIENT_SECRET',
  'https://wiki.example.com',
  'http://x',
  '\t',
  '\u0000',
  '\u202e',
  '\ufeff',
  '__proto__',
  'constructor',
  'mon..sun',
  '25:00',
  '99999999999d',
  '0s',
  'allow:',
  'deny:',
  'any:',
  'not:',
  'policy:',
  'apps:',
  'grants:',
  'from:',
  'to:',
  'mode: monitor',
]

export const configuration: FuzzTarget = {
  name: 'configuration',
  law: 'valid, or problems with places; never throws, prints no secret',
  weight: 2,
  async open() {
    const corpus = await texts()
    const folder = await mkdtemp(join(tmpdir(), 'einlass-fuzz-'))
    const { cert, key } = makeCertificate(['*.example.com'])
    await mkdir(join(folder, 'apps.d'))
    for (const [name, content] of Object.entries({
      'wildcard.crt': cert,
      'wildcard.key': key,
      'secret.key': Buffer.alloc(32, 7).toString('base64'),
    })) {
      await writeFile(join(folder, name), content)
    }
    const inside = async (path: string): Promise<Buffer> => {
      // Mutated paths could name endless devices, so nothing outside of this folder is read.
      if (!path.startsWith(`${folder}/`)) throw Object.assign(new Error('outside'), { code: 'ENOENT' })
      return readFile(path)
    }
    const env = { OIDC_CLIENT_SECRET: secret }
    return opened(
      mutate(corpus, dictionary, 8),
      async (text) => {
        const loaded = await loadConfiguration({ file: join(folder, 'einlass.yaml'), text, env, readFile: inside })
        const problems = loaded.state === 'invalid' ? loaded.problems : []
        if (loaded.state === 'invalid') must(problems.length > 0, 'an invalid file has a problem')
        for (const problem of [...problems, ...loaded.warnings]) {
          const printed = printProblem(problem)
          must(!/[\r\n]/.test(printed), 'a problem is one line', printed)
          must(!printed.includes(secret), 'no secret is printed', printed)
          must(
            problem.line >= 1 && problem.column >= 1 && problem.line <= text.split(/\r\n|[\n\r]/).length + 1,
            'a problem has a place in the file',
            problem,
          )
        }
        if (loaded.state === 'invalid') return
        const { apps, gateway, grants, limits, session } = loaded.configuration
        const hosts = [...apps.values()].map(({ host }) => host)
        must(new Set([...hosts, gateway.host]).size === hosts.length + 1, 'a host belongs to one app', hosts)
        must(
          !gateway.trustedProxies.some((cidr) => cidr.endsWith('/0')),
          'no proxy range covers all addresses',
          gateway.trustedProxies,
        )
        must(
          grants.every(({ until }) => Number.isFinite(until) || until === Infinity),
          'grants have moments',
        )
        for (const value of [...Object.values(limits), ...Object.values(session)]) {
          must(
            value === undefined || typeof value !== 'number' || (Number.isFinite(value) && value >= 0),
            'numbers are numbers',
            value,
          )
        }
      },
      { close: () => rm(folder, { recursive: true, force: true }) },
    )
  },
}

async function texts(): Promise<string[]> {
  const examples = await readdir(join(root, 'examples'), { withFileTypes: true })
  const files = [
    join(root, 'config/einlass.yaml'),
    ...examples.filter((entry) => entry.isDirectory()).map(({ name }) => join(root, 'examples', name, 'einlass.yaml')),
  ]
  return Promise.all(files.map((file) => readFile(file, 'utf8')))
}
