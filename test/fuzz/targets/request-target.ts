// Fuzz target request target (path traversal): one idempotent canonical form, which no downstream parser reads as traversal.

import { canonicalTarget } from '../../../src/gateway/canonical/request-target.ts'
import { mutate, salt } from '../mutate.ts'
import { must, opened, type FuzzTarget } from '../target.ts'

const corpus = [
  '/',
  '/page/7?part=2&x=%20',
  '/a/b/../c',
  '/a/%2e%2e/b',
  '/a%2fb',
  '/a;jsessionid=1/b',
  '/%E2%82%AC/%C3%A4',
  "/~user/a-b_c.d!$&'()*+,=:@",
  '/a//b/.hidden/x.',
  '/..%5c..%5cadmin',
  '/%252e%252e/admin',
  '/a?b?c/../d',
]
const dictionary = [
  ...salt,
  '/../',
  '/./',
  '%2E%2E',
  '%c0%ae',
  '%c0%af',
  '%ef%bc%8f',
  '%u002e',
  '%2',
  '%g0',
  '%3b',
  '%3F',
  '%23',
  '%252f',
  '%255c',
  ';/',
  './',
  '/.',
]

export const requestTarget: FuzzTarget = {
  name: 'target',
  law: 'one canonical form; no climbing in any reading; never throws',
  weight: 1,
  open: async () => opened(mutate(corpus, dictionary), checkTarget),
}

export function checkTarget(text: string): void {
  const target = canonicalTarget(text)
  if (target === undefined) return
  const { wire, path, query } = target
  must(/^\/[\x21-\x7e]*$/.test(wire) && !/[#?\\<>"{}`]/.test(wire), 'only characters of a path are forwarded', wire)
  must(query === '' || /^\?[\x21-\x7e]*$/.test(query), 'only characters of a query are forwarded', query)
  must(!/[\0-\x20\x7f]/.test(path), 'policy sees no control character or blank', path)
  const again = canonicalTarget(wire + query)
  must(
    again !== undefined && again.wire === wire && again.query === query && again.path === path,
    'its own canonical form',
    again,
  )
  must(decoded(path) === decoded(wire), 'policy and upstream read the same path', { path, wire })
  for (const reading of [wire, decoded(wire), decoded(decoded(wire))]) {
    const climbs = reading.split(/[/\\]/).some((segment) => segment === '..' || segment === '.')
    must(!climbs, 'no reader finds a dot segment', reading)
    must(!reading.includes('\0'), 'no reader finds NUL', reading)
  }
  const cutAtSemicolon = decoded(wire)
    .split('/')
    .map((segment) => segment.replace(/;.*/, ''))
  if (cutAtSemicolon.some((segment) => segment === '..' || segment === '.')) {
    must(target.segments || target.encoded, 'a reader of path parameters is warned of', wire)
  }
  const seen = new URL(`http://app.example${wire}`)
  must(
    seen.pathname.split('/').length === wire.split('/').length,
    'a URL parser finds the same segments',
    seen.pathname,
  )
  must(
    seen.search === '' && seen.hash === '' && seen.host === 'app.example',
    'a URL parser finds nothing but a path',
    wire,
  )
}

/** Bytes after one percent-decoding, as an upstream does. */
function decoded(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
