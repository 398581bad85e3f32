// Fuzz target request target (path traversal): forwarded is what was decided, and no reading of it is another path to a rule.

import { canonicalTarget, type CanonicalTarget } from '../../../src/gateway/canonical/request-target.ts'
import { matchesPath } from '../../../src/policy/conditions/action.ts'
import { pathBoundaries } from '../../../src/policy/path-rules.ts'
import { resolve, usualReadings } from '../../support/path-readings.ts'
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
  '/admin/x%2Fy',
  '/admin;a/secret',
  '/files/Rechnung%20%2312.pdf',
  '/public/%ef%bc%8e%ef%bc%8e/admin',
  '/admin::$DATA/secret',
  '/.einlass/session',
  '/adm%E2%80%8Bin/x',
  '/search?q=50%',
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
  '%25u002e',
  '%2',
  '%g0',
  '%3b',
  '%3F',
  '%23',
  '%252f',
  '%255c',
  '%5c',
  '%20',
  '%80',
  '%C2%AD',
  '%E2%80%8B',
  '%E2%80%A5',
  ':$i30',
  ';/',
  './',
  '/.',
  'admin',
  'public',
  '.einlass',
]

export const requestTarget: FuzzTarget = {
  name: 'target',
  law: 'forwarded = decided; no reading climbs or is another path to a rule; never throws',
  weight: 1,
  open: async () => opened(mutate(corpus, dictionary), checkTarget),
}

export function checkTarget(text: string): void {
  const target = canonicalTarget(text)
  if ('refused' in target)
    return must(/^(?:%[0-9A-F]{2}|[!-~]{0,2}|%[0-9A-F]+)$/.test(target.octet), 'an octet by name', target)
  const { sent, wire, path, query, ambiguity } = target
  must(sent + query === text, 'what was sent', target)
  must(/^\/[\x21-\x7e]*$/.test(sent) && !/[#?\\<>"{}`]/.test(sent), 'only characters of a path are forwarded', sent)
  must(query === '' || /^\?[\x21-\x7e\x80-\xff]*$/.test(query), 'no control or blank in a query', query)
  must(!/[\0-\x20\x7f]/.test(path), 'policy sees no control character or blank', path)
  const again = canonicalTarget(wire + query)
  must(
    !('refused' in again) && again.wire === wire && again.query === query && again.path === path,
    'its own canonical form',
    again,
  )
  must(decoded(path) === decoded(wire) && decoded(path) === decoded(sent), 'policy and upstream read the same path', {
    path,
    wire,
    sent,
  })
  checkReadings(target)
  if (ambiguity?.dots === true) return
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

/** Patterns of several apps; each alone, as one may cover the gap of another. */
const patterns = ['/admin/*', '/admin', '/public/*', '/files*', '/a/b', '/*', '/A*', '/page/7']
const boundaries = new Map(
  patterns.map((pattern) => [pattern, pathBoundaries([{ pattern, source: 'rule', guards: 'both' }])]),
)

function checkReadings({ sent, path, ambiguity }: CanonicalTarget): void {
  if (ambiguity === undefined) {
    must(decoded(path) === path.replaceAll('%20', ' ') || /%[89A-F]/.test(path), 'nothing is left to decode', path)
  }
  for (const reading of usualReadings(sent)) {
    const { climbs, path: resolved } = resolve(reading)
    must(!climbs, 'no reader leaves the root', reading)
    must(!reading.includes('\0'), 'no reader finds NUL', reading)
    const own = [reading, resolved].some((one) => one.startsWith('/.einlass/'))
    must(!own || path.startsWith('/.einlass/'), 'nobody else reads the prefix of the gateway', reading)
    if (ambiguity?.dots === true) continue
    must(resolved === reading, 'no reader finds a dot segment', reading)
    for (const [pattern, boundary] of boundaries) {
      if (ambiguity !== undefined && boundary(ambiguity.stable) !== undefined) continue
      const same = matchesPath(pattern, reading) === matchesPath(pattern, path)
      must(same, 'every reading is the decided path to a rule', { pattern, path, reading })
    }
  }
}

/** Bytes after one percent-decoding, as an upstream does. */
function decoded(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
