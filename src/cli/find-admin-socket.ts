// Reads `gateway.admin_socket` from a configuration file. Reads only this key: while the gateway runs, the file may be
// invalid because it is being edited, and the caller may lack the secrets it refers to.

import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { parseSource } from '../config/load/yaml.ts'
import { printProblem } from '../config/load/problem.ts'
import { errorCode } from '../config/load/secret-references.ts'
import type { Io } from './command.ts'

/** Absolute path. Rejects with a one-line error. */
export async function adminSocketOf(file: string, io: Io): Promise<string> {
  const path = resolve(io.cwd, file)
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new Error(`${file}: the file cannot be read (${errorCode(cause)})`, { cause })
  })
  const { value, problems } = parseSource(file, text)
  const [problem] = problems
  if (problem !== undefined) throw new Error(`${printProblem(problem)}; use --socket PATH instead`)
  const named = member(member(value, 'gateway'), 'admin_socket')
  const found = typeof named === 'string' && named.startsWith('env:') ? io.env[named.slice(4)] : named
  if (typeof found !== 'string' || found === '') {
    throw new Error(`${file}: gateway.admin_socket is missing; add it, such as admin_socket: /run/einlass/admin.sock`)
  }
  return resolve(dirname(path), found)
}

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined
}
