// List of contenders, in the order of the tables.

import { apache } from './apache.ts'
import type { Contender } from './contender.ts'
import { einlassContender, hasKey, otherChoices } from './einlass.ts'
import { baselineUndici, httpProxy, baselineNodeHttp } from './node-proxies.ts'
import { authRequest, caddy, nginx, oauth2Proxy } from './proxies.ts'

export function allContenders(): readonly Contender[] {
  // The default HTTP/1 implementation is "einlass"; the row beside it is the other one.
  const others = otherChoices('http1')
  return [
    baselineUndici,
    einlassContender(
      'einlass',
      'Einlass as installed: session, posture, 20 rules, identity headers, assertion, audit to a file, Redis',
    ),
    ...others.map((http1) =>
      einlassContender(`einlass, ${http1}`, `the same with \`gateway.http1: ${http1}\``, { http1 }, ['1 kB', '64 kB']),
    ),
    baselineNodeHttp,
    httpProxy,
    nginx,
    authRequest,
    apache('shm'),
    apache('redis'),
    caddy,
    oauth2Proxy,
  ]
}

/** Einlass with so many workers; undefined for a version without that key. */
export function withWorkers(workers: number): Contender | undefined {
  if (!hasKey('workers')) return undefined
  return einlassContender(`${workers} ${workers === 1 ? 'worker' : 'workers'}`, '', { workers })
}
