// Rejects requests before any decision: malformed ones (400, 417, 426, 431, 501), unknown hosts (404, 421), hosts with a dot (308).

import {
  badRequest,
  badTarget,
  methodNotAccepted,
  notFound,
  tooManyCookies,
  unknownHost,
} from '../web/errors/error-pages.ts'
import { redirect, type Reply, type Requester } from '../web/kit/reply.ts'
import type { UnsupportedMethod } from './methods.ts'
import { faceOfHost } from './known-host.ts'
import { requesterOf } from './requester.ts'
import type { Exchange } from '../http/exchange.ts'
import type { Dependencies } from './dependencies.ts'
import { sendReply } from './send-reply.ts'

export interface RejectedRequest {
  readonly id: string
  readonly status: 308 | 400 | 404 | 417 | 421 | 426 | 431 | 501
  readonly detail: string
  /** The key of the configuration that accepts such a request. */
  readonly setting?: string
  /** Of a target, by name. */
  readonly octet?: string
  /** For the log: the app, and its rule that an ambiguous path could evade. */
  readonly app?: string
  readonly rule?: string
  /** Of the redirect. */
  readonly location?: string
  /** The app does not accept the method: what it was, for the log and the page. */
  readonly unsupported?: UnsupportedMethod | undefined
}

const settingOf = (status: number): string | undefined =>
  status === 431 ? 'limits.header_bytes, limits.header_count or limits.headers of the app' : undefined

/** Never throws. A malformed request ends its connection: where the next one begins is undefined (request smuggling). */
export function reject(deps: Dependencies, exchange: Exchange, rejected: RejectedRequest): void {
  const { received, response } = exchange
  const { id, status, detail, octet, app, rule, unsupported } = rejected
  const setting = rule === undefined ? (rejected.setting ?? settingOf(status)) : `apps.${app}.paths: verbatim`
  const more = unsupported === undefined ? { octet, app, rule, setting } : logged(unsupported)
  deps.log.info({ request: id, address: received.address, status, detail, ...more }, 'request rejected')
  const config = deps.activeConfig()
  const requester = requesterOf(received, id, config.rules, faceOfHost(config, received))
  // RFC 6455 4.2.2, RFC 9110 15.5.22: the version and protocol that would be accepted.
  const accepts = status === 426 ? ['Sec-WebSocket-Version', '13', 'Upgrade', 'websocket'] : []
  const close = status === 426 ? 'close, Upgrade' : 'close'
  const wellFormed = status === 308 || status === 404 || unsupported !== undefined
  const ends = wellFormed || received.version === '2' ? [] : ['Connection', close]
  try {
    const reply = replyTo(deps, requester, rejected)
    sendReply(response, { ...reply, headers: [...reply.headers, ...accepts, ...ends] })
  } catch (error) {
    deps.log.warn({ request: id, err: error }, 'writing the rejection failed')
    response.destroy()
  }
}

function replyTo(
  deps: Dependencies,
  requester: Requester,
  { status, detail, octet, location, unsupported }: RejectedRequest,
): Reply {
  if (status === 308) return redirect(requester, location ?? '/', [], 308)
  // A host that is known, on which no app has the path.
  if (detail === 'path') return notFound(requester, `${deps.activeConfig().configuration.gateway.origin}/`)
  if (status === 404 || status === 421) return unknownHost(requester, status)
  if (detail === 'cookie_size') return tooManyCookies(requester)
  if (unsupported !== undefined) return methodNotAccepted(requester, unsupported.method, unsupported.app)
  if (octet !== undefined && octet !== '')
    return badTarget(requester, octet, detail !== 'target' && detail !== 'query' && detail !== 'reserved_path')
  return badRequest(requester, status)
}

function logged({ method, app }: UnsupportedMethod): Record<string, string> {
  return { app: app.name, method, mend: `name it in apps.${app.name}.methods, or set webdav or all` }
}
