// Requests by curl as one person, and how many were answered as whom.

import type { Ground, Visitor } from './application.ts'
import { must } from './application.ts'
import { run } from './programs.ts'

export interface CurlOptions {
  /** Options of curl, such as `--ntlm`. */
  readonly words: readonly string[]
  readonly version: '1.1' | '2'
  /** Requests, one after the other on one connection. */
  readonly count: number
  readonly env?: NodeJS.ProcessEnv
  /** What curl writes about each answer; the person, as `%header{...}`. Default: the body. */
  readonly person?: string
}

export interface CurlAnswer {
  readonly person: string
  readonly status: number
  readonly version: string
}

/** Throws when curl fails. */
export async function curl(ground: Ground, visitor: Visitor, options: CurlOptions): Promise<CurlAnswer[]> {
  const { words, version, count, env, person } = options
  const body = person === undefined ? [] : ['-o', '/dev/null']
  const ran = await run(
    'curl',
    [
      '--silent',
      '--show-error',
      '--cacert',
      ground.ca.file,
      `--http${version}`,
      '--resolve',
      `${ground.host}:${ground.port}:127.0.0.1`,
      '-H',
      `Cookie: ${visitor.cookie}`,
      '-w',
      `|${person ?? ''}|%{http_code}|%{http_version}\\n`,
      ...body,
      ...words,
      `${ground.origin}/page/[1-${count}]`,
    ],
    { env },
  )
  must(ran.code === 0, 'curl to succeed', `${ran.code}: ${ran.stderr}`)
  return ran.stdout
    .trim()
    .split('\n')
    .map((line) => {
      const [text = '', named = '', status, by = ''] = line.split('|')
      return { person: named || text, status: Number(status), version: by }
    })
}

/**
 * Two people at once, `count` requests each. Throws when an answer is another's or none; returns the counts in words.
 * `as`: how the application names a person.
 */
export async function bothAtOnce(
  ground: Ground,
  ask: (visitor: Visitor) => Promise<CurlAnswer[]>,
  as: (name: string) => string = (name) => name,
): Promise<string> {
  const answers = await Promise.all(ground.people.map(ask))
  const words = answers.map((own, n) => {
    const { name } = ground.people[n]!
    const right = own.filter(({ person, status }) => status === 200 && person === as(name)).length
    const foreign = own.filter(({ person }) => person !== '' && person !== as(name)).length
    const other = own.find(({ person, status }) => status !== 200 || person !== as(name))
    must(foreign === 0, `no answer of another person to ${name}`, `${foreign} of ${own.length}`)
    must(other === undefined, `every answer to be ${name}'s`, `${own.length - right} others: ${JSON.stringify(other)}`)
    return `${right} ${name}`
  })
  const versions = new Set(answers.flat().map(({ version }) => version))
  return `${words.join(', ')}, 0 of the other’s (HTTP/${[...versions].join(', ')})`
}
