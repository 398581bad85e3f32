// Routing by host and path prefix: which app a request reaches, and that none is reached by a similar path.

import { expect, test } from 'vitest'
import type { ActiveConfig } from '../../src/gateway/active-config.ts'
import type { CanonicalRequest } from '../../src/gateway/canonical/canonical-request.ts'
import { canonicalTarget, type CanonicalTarget } from '../../src/gateway/canonical/request-target.ts'
import { route } from '../../src/gateway/route.ts'
import { buildActiveConfig } from '../../src/server/apply-config.ts'
import { head, valid } from '../config/config-fixtures.ts'

const apps = `apps:
  wiki: { from: https://intranet.example.com/wiki, to: http://10.0.0.1, policy: [{ allow: {} }] }
  manual: { from: https://intranet.example.com/wiki/manual/, to: http://10.0.0.2, policy: [{ allow: {} }] }
  root: { from: https://shared.example.com, to: http://10.0.0.4, policy: [{ allow: {} }] }
  below: { from: https://shared.example.com/below, to: http://10.0.0.4/, policy: [{ deny: {} }] }
  erp: { from: [https://erp.example.com, https://api.example.com], to: http://10.0.0.3, policy: [{ allow: {} }] }
`
const log = { info() {}, warn() {}, error() {} } as never

function reached(config: ActiveConfig, host: string, path: string): string {
  const request = {
    host,
    path,
    target: path,
    normalTarget: path,
    query: '',
    scheme: 'https',
    serverName: undefined,
    method: 'GET',
    upgrade: undefined,
  }
  const { ambiguity } = canonicalTarget(path) as CanonicalTarget
  const target = route(config, { ...request, ambiguity } as unknown as CanonicalRequest)
  if (target.kind === 'app') return `${target.app.config.name} at ${target.address.origin}${target.address.path}`
  if (target.kind === 'redirect') return `redirects to ${target.location}`
  return target.kind === 'none' ? `${target.status} ${target.detail}` : `pages of ${target.app?.config.name}`
}

const rows: readonly (readonly [host: string, path: string, reaches: string])[] = [
  ['intranet.example.com', '/wiki', 'wiki at https://intranet.example.com/wiki'],
  ['intranet.example.com', '/wiki/', 'wiki at https://intranet.example.com/wiki'],
  ['intranet.example.com', '/wiki/manual', 'manual at https://intranet.example.com/wiki/manual'],
  ['intranet.example.com', '/wiki/manual/x', 'manual at https://intranet.example.com/wiki/manual'],
  ['intranet.example.com', '/wiki/manuals', 'wiki at https://intranet.example.com/wiki'],
  ['intranet.example.com', '/wikipedia', '404 path'],
  ['intranet.example.com', '/Wiki', '404 path'],
  ['intranet.example.com', '/', '404 path'],
  ['intranet.example.com', '/.einlass/session', 'pages of wiki'],
  ['erp.example.com', '/x', 'erp at https://erp.example.com'],
  ['api.example.com', '/x', 'erp at https://api.example.com'],
  ['shared.example.com', '/a%2Fb', 'root at https://shared.example.com'],
  ['shared.example.com', '/below/a%2Fb', 'below at https://shared.example.com/below'],
  // One upstream might read them as paths of the other app.
  ['shared.example.com', '/below%2Fa', '400 ambiguous_path'],
  ['shared.example.com', '//below/a', '400 ambiguous_path'],
  ['shared.example.com', '/a/..%2Fbelow', '400 ambiguous_path'],
  ['shared.example.com', '/below/..%2Fa', '400 ambiguous_path'],
  ['other.example.com', '/x', '404 host'],
]

test('the longest path of the host decides, and a path ends where a segment ends', async () => {
  const config = buildActiveConfig(await valid(head + apps), undefined, { log, now: Date.now, postureHeaders: [] })
  expect(rows.map(([host, path]) => [host, path, reached(config, host, path)])).toEqual(rows)
  await Promise.all([...config.apps.values()].map(({ upstream }) => upstream.retire()))
})
