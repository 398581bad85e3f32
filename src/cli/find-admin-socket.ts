// Where the admin socket of a configuration is. Reads that one line alone: the gateway may run while its file is being
// edited and is not valid, and whoever asks need not have the secrets it names.

import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { parseSource } from '../config/load/yaml.ts'
import { printProblem } from '../config/load/problem.ts'
import { errorCode } from '../config/load/secret-references.ts'
import type { Io } from './command.ts'

/** Absolute path. Rejects with one line. */
export async function adminSocketOf(file: string, io: Io): Promise<string> {
  const path = resolve(io.cwd, file)
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new Error(`${file}: the file cannot be read (${errorCode(cause)})`, { cause })
  })
  const { value, problems } = parseSource(file, text)
  const [problem] = problems
  if (problem !== undefined) throw new Error(`${printProblem(problem)}; --socket PATH works all the same`)
  const named = member(member(value, 'gateway'), 'admin_socket')
  const found = typeof named === 'string' && named.startsWith('env:') ? io.env[named.slice(4)] : named
  if (typeof found !== 'string' || found === '') {
    throw new Error(`${file}: names no gateway.admin_socket; add one, such as admin_socket: /run/einlass/admin.sock`)
  }
  return resolve(dirname(path), found)
}

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined
}
