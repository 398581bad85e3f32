// Single requests by curl as one person, for what browsers do not send.

import type { Ground, Visitor } from './application.ts'
import { must } from './application.ts'
import { run } from './programs.ts'

export interface Fetched {
  readonly status: number
  /** The last answer's, with lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Options of curl that reach the gateway, with the session's cookie unless `visitor` is undefined. */
export function curlWords(ground: Ground, visitor: Visitor | undefined, host: string = ground.host): string[] {
  const to = ['--cacert', ground.ca.file, '--resolve', `${host}:${ground.port}:127.0.0.1`]
  return ['--silent', '--show-error', ...to, ...(visitor ? ['-H', `Cookie: ${visitor.cookie}`] : [])]
}

/** `path`: with its query, or a whole address; sent as it is. `words`: further options of curl. */
export async function ask(
  ground: Ground,
  visitor: Visitor | undefined,
  path: string,
  { words = [], input = '' }: { readonly words?: readonly string[]; readonly input?: string } = {},
): Promise<Fetched> {
  const url = path.startsWith('/') ? ground.origin + path : path
  const own = curlWords(ground, visitor, new URL(url).hostname)
  const all = [...own, '--path-as-is', '--globoff', '-i', ...words, url]
  const { code, stdout, stderr } = await run('curl', all, { input })
  must(code === 0, 'curl to succeed', `${code}: ${stderr}`)
  let text = stdout
  // Interim answers come first.
  while (/^HTTP\/\S+ 1\d\d/.test(text)) text = text.slice(text.indexOf('\r\n\r\n') + 4)
  const end = text.indexOf('\r\n\r\n')
  const [line = '', ...fields] = text.slice(0, end).split('\r\n')
  const headers = Object.fromEntries(
    fields.map((field) => [
      field.slice(0, field.indexOf(':')).toLowerCase(),
      field.slice(field.indexOf(':') + 1).trim(),
    ]),
  )
  return { status: Number(line.split(' ')[1]), headers, body: text.slice(end + 4) }
}
