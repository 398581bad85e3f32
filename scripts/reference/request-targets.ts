// docs/reference/request-targets.md: what becomes of each octet of a request target, from the code that decides it.

import { canonicalTarget } from '../../src/gateway/canonical/request-target.ts'
import { createPathCheck } from '../../src/gateway/path-check.ts'
import type { AppDeclaration } from '../../src/policy/declaration.ts'
import { heading, table } from './markdown.ts'

const limits = { download: undefined, upload: undefined }
const none: AppDeclaration = { name: 'files', mode: 'enforce', require: {}, rules: [], lease: 60_000 }
const denied: AppDeclaration = {
  ...none,
  rules: [{ name: 'no admins', effect: 'deny', when: { paths: ['/admin/*'] }, mode: 'enforce', limits }],
}
const granted: AppDeclaration = {
  ...none,
  rules: [{ name: 'reports', effect: 'allow', when: { paths: ['/reports/*'] }, mode: 'enforce', limits }],
}

interface Place {
  readonly title: string
  readonly declaration: AppDeclaration
  readonly paths: 'canonical' | 'verbatim'
  /** A target with this text in it. */
  targetOf(text: string): string
}

export const places: readonly Place[] = [
  { title: 'path, no path rules', declaration: none, paths: 'canonical', targetOf: (text) => `/files/a${text}b` },
  { title: 'path, rule elsewhere', declaration: denied, paths: 'canonical', targetOf: (text) => `/files/a${text}b` },
  { title: 'path, rule near', declaration: denied, paths: 'canonical', targetOf: (text) => `/admin${text}b` },
  { title: '`paths: verbatim`', declaration: granted, paths: 'verbatim', targetOf: (text) => `/reports${text}b` },
  { title: 'query', declaration: none, paths: 'canonical', targetOf: (text) => `/files?a${text}b` },
]

/** `as sent`, `normalised`, or the refusal. */
export function outcome({ declaration, paths, targetOf }: Place, text: string): string {
  const sent = targetOf(text)
  const target = canonicalTarget(sent)
  if ('refused' in target) return `400 \`${target.refused}\``
  const app = { declaration, paths, public: [], addresses: [{ origin: '', host: '', secure: true, path: '' }] as const }
  const check = createPathCheck(app, { apps: new Map() })
  if (target.ambiguity !== undefined && check.refusal(target.ambiguity) !== undefined) return '400 `ambiguous_path`'
  const forwarded = (check.asSent ? target.sent : target.wire) + target.query
  return forwarded === sent ? 'as sent' : 'normalised'
}

const octets = Array.from({ length: 256 }, (_, byte) => byte)
const escapeOf = (byte: number): string => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`

const spellings: readonly (readonly [text: string, meaning: string])[] = [
  ['//', 'an empty segment'],
  ['/./', 'a dot segment'],
  ['/x/../', 'a dot segment that stays inside'],
  ['/../../../', 'dot segments that leave the root'],
  ['/%2E%2E/%2e%2e/..%2F', 'the same, encoded'],
  ['/..%5C..%5C..%5C', 'the same, with backslashes'],
  ['/%252E%252E/%252E%252E/%252E%252E/', 'the same, encoded twice'],
  ['/..;/..;/..;/', 'the same, with path parameters'],
  ['/%C0%AE%C0%AE/%C0%AE./%C0%AE./', 'the same, in overlong UTF-8'],
  ['%252F', 'an encoded `%2F`'],
  ['%2500', 'an encoded `%00`'],
  ['%C0%80', 'NUL in overlong UTF-8'],
  ['%C3%BC', 'ü'],
  ['%EF%BC%8F', 'a full-width slash'],
  ['%E2%80%8B', 'a zero-width space'],
  ['./', 'a segment that ends in a dot'],
  ['%20/', 'a segment that ends in a blank'],
  [':$DATA', 'a stream of NTFS'],
  ['/.einlass%2F', 'a spelling of the prefix of the gateway'],
  ['%', 'a percent sign without two hex digits'],
]

export function requestTargetReference(): string {
  const titles = places.map(({ title }) => title)
  return [
    heading('Request targets', 'the code that reads, decides and forwards them'),
    'What becomes of each octet of a request target. Which spellings are refused where rules look at paths, and why:',
    '[Paths](../guides/policies.md#paths).',
    '',
    '- **as sent**: the application receives the octets of the client.',
    '- **normalised**: percent-encoding as in RFC 3986 6.2.2: encoded letters, digits, `-`, `.`, `_` and `~` are decoded, hex digits in',
    '  upper case.',
    '- **400**: refused in every spelling that some server decodes to it; the word is `detail` in the log, which also names the octet.',
    '',
    'The places: *rule elsewhere* is `/files/a…b` in an application whose rules look at `/admin/*`, *rule near* is `/admin…b` there;',
    '`paths: verbatim` is `/reports…b` in an application that allows `/reports/*`.',
    '',
    '## Single octets',
    '',
    table(['octet', ...titles], grouped(octets.map((byte) => [rawName(byte), String.fromCharCode(byte)]))),
    'Octets above `7E` in a query need `gateway.http1: einlass` (the default) or HTTP/2: the parser of Node refuses them.',
    'A blank ends the target of HTTP/1.1, and the rest is no version: 400.',
    '',
    '## Percent-encoded octets',
    '',
    table(
      ['octets', ...titles.slice(0, -1)],
      grouped(octets.map((byte) => [escapeOf(byte), escapeOf(byte)])).map((row) => row.slice(0, -1)),
    ),
    'In a query they pass as sent, also malformed ones (`?q=50%`). A single octet above `7F` is no UTF-8; valid sequences pass.',
    '',
    '## Sequences in a path',
    '',
    table(
      ['spelling', 'meaning', ...titles.slice(0, -1)],
      spellings.map(([text, meaning]) => [
        `\`${text}\``,
        meaning,
        ...places.slice(0, -1).map((place) => outcome(place, text)),
      ]),
    ),
  ].join('\n')
}

/** Octets with equal outcomes in one row, in the order of the first of each. */
function grouped(named: readonly (readonly [name: string, text: string])[]): readonly (readonly string[])[] {
  const rows = new Map<string, { readonly names: string[][]; readonly outcomes: readonly string[] }>()
  let before = ''
  for (const [name, text] of named) {
    const outcomes = places.map((place) => outcome(place, text))
    const key = outcomes.join()
    const row = rows.get(key) ?? { names: [], outcomes }
    rows.set(key, row)
    if (key === before) row.names.at(-1)!.push(name)
    else row.names.push([name])
    before = key
  }
  return [...rows.values()].map(({ names, outcomes }) => [names.map(rangeOf).join(' '), ...outcomes])
}

/** The first and the last of many. */
function rangeOf(names: readonly string[]): string {
  const shown = names.length > 3 ? [names[0]!, '…', names.at(-1)!] : names
  return shown.map((name) => (name === '…' ? name : quoted(name))).join(' ')
}

function quoted(name: string): string {
  return name.includes('`') ? `\`\` ${name} \`\`` : `\`${name}\``
}

function rawName(byte: number): string {
  return byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : byte.toString(16).toUpperCase().padStart(2, '0')
}
