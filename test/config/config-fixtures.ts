// Configuration fixtures: a folder with the files of the smallest configuration, and texts with a marked position.

import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Configuration } from '../../src/config/configuration.ts'
import { loadConfiguration } from '../../src/config/load/load.ts'
import type { Loaded } from '../../src/config/load/load.ts'
import { printProblem } from '../../src/config/load/problem.ts'
import type { Made } from './test-certificate.ts'
import { makeCertificate } from './test-certificate.ts'

/** Shared by all tests of a process: generating keys takes time. */
export const wildcard: Made = makeCertificate(['*.example.com'])
export const secretKey = randomBytes(32).toString('base64')
export const env = { OIDC_CLIENT_SECRET: 'a-client-secret-of-tests' }

/** The smallest configuration that works. */
export const smallest = `gateway: { url: https://access.example.com, tls: { cert: wildcard.crt, key: wildcard.key }, secret_key: file:secret.key }
identity: { issuer: https://login.example.com, client_id: einlass, client_secret: env:OIDC_CLIENT_SECRET }
apps:
  wiki:
    from: https://wiki.example.com
    to: http://10.20.0.7:3000
    policy: [{ allow: { groups: [staff] } }]
`

/** The first lines of that file; tests append the rest. */
export const head = `gateway: { url: https://access.example.com, tls: { cert: wildcard.crt, key: wildcard.key }, secret_key: file:secret.key }
identity: { issuer: https://login.example.com, client_id: einlass, client_secret: env:OIDC_CLIENT_SECRET }
`

export const wiki = `  wiki: { from: https://wiki.example.com, to: http://10.20.0.7:3000, policy: [{ allow: { groups: [staff] } }] }
`

/** A temporary folder with the files of the smallest configuration; removed after the test. */
export async function folder(files: Readonly<Record<string, string | Buffer>> = {}): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'einlass-config-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  const all = { 'wildcard.crt': wildcard.cert, 'wildcard.key': wildcard.key, 'secret.key': `${secretKey}\n`, ...files }
  for (const [name, content] of Object.entries(all)) {
    await mkdir(dirname(join(path, name)), { recursive: true })
    await writeFile(join(path, name), content)
  }
  return path
}

export async function load(text: string, files: Readonly<Record<string, string | Buffer>> = {}): Promise<Loaded> {
  const path = await folder(files)
  return loadConfiguration({ file: join(path, 'einlass.yaml'), text, env })
}

export async function valid(
  text: string,
  files: Readonly<Record<string, string | Buffer>> = {},
): Promise<Configuration> {
  const loaded = await load(text, files)
  if (loaded.state === 'invalid') throw new Error(loaded.problems.map(printProblem).join('\n'))
  return loaded.configuration
}

/** Loads two contents of the same file. */
export async function validTogether(before: string, after: string): Promise<[Configuration, Configuration]> {
  const path = await folder()
  const one = async (text: string): Promise<Configuration> => {
    const loaded = await loadConfiguration({ file: join(path, 'einlass.yaml'), text, env })
    if (loaded.state === 'invalid') throw new Error(loaded.problems.map(printProblem).join('\n'))
    return loaded.configuration
  }
  return [await one(before), await one(after)]
}

/** `line:column: path: message` of each problem. */
export async function problems(text: string, files: Readonly<Record<string, string | Buffer>> = {}): Promise<string[]> {
  const loaded = await load(text, files)
  return loaded.state === 'valid' ? [] : loaded.problems.map(short)
}

export async function warnings(text: string, files: Readonly<Record<string, string | Buffer>> = {}): Promise<string[]> {
  return (await load(text, files)).warnings.map(short)
}

function short(problem: Parameters<typeof printProblem>[0]): string {
  return printProblem({ ...problem, file: '' }).slice(1)
}

/** Removes the mark `¶` from a text; `at` is its position, `line:column`. */
export function marked(text: string): { text: string; at: string } {
  const offset = text.indexOf('¶')
  if (offset === -1) throw new Error('the text has no mark')
  const before = text.slice(0, offset).split('\n')
  return { text: text.replace('¶', ''), at: `${before.length}:${before.at(-1)!.length + 1}` }
}
