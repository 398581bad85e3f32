// Header fields of WebDAV that name resources, `Destination` and `If`: checked, and rewritten for the upstream.

import type { ActiveConfig, AppRoute, AppRuntime } from '../active-config.ts'
import { findRoute } from '../find-route.ts'
import type { CanonicalRequest } from '../canonical/canonical-request.ts'
import type { CanonicalTarget } from '../canonical/request-target.ts'
import type { MethodKind } from '../methods.ts'
import { rewriteIfField } from './if-field.ts'
import { readReference, type Reference } from './resource-reference.ts'

export interface WebDavFields {
  /** What the request writes to besides its target; undefined: nothing. */
  readonly destination: CanonicalTarget | undefined
  /** Values for the upstream, in place of the client's. Absent: as received. */
  readonly forwarded: { readonly destination?: string; readonly if?: string }
}

/** Detail of a 400. */
export type WebDavError = 'destination' | 'if'

/**
 * Undefined when the request has neither field. `Destination` is read with methods that may act on it, all but those of
 * `http`, and required with COPY and MOVE (RFC 4918 9.8, 9.9). What either names must be a resource of the same app.
 */
export function webDavFields(
  config: Pick<ActiveConfig, 'hosts' | 'rules'>,
  app: AppRuntime,
  request: Pick<CanonicalRequest, 'method' | 'header' | 'scheme' | 'host'>,
  kind: MethodKind,
): WebDavFields | WebDavError | undefined {
  const { method, header } = request
  const own = (value: string): { readonly target: CanonicalTarget; readonly forwarded: string } | undefined => {
    const reference = readReference(value, request, config.rules.hostOf)
    const found = reference && routeIn(app, config, reference)
    const forwarded = found && forUpstream(found, request, reference)
    return forwarded === undefined ? undefined : { target: reference!.target, forwarded }
  }

  const destination = kind === 'further' ? header('destination') : undefined
  if (destination === undefined && (method === 'COPY' || method === 'MOVE')) return 'destination'
  const reference = destination === undefined ? undefined : own(destination)
  if (destination !== undefined && reference === undefined) return 'destination'

  const condition = header('if')
  const rewritten =
    condition === undefined ? undefined : rewriteIfField(condition, (resource) => own(resource)?.forwarded)
  if (condition !== undefined && rewritten === undefined) return 'if'
  if (reference === undefined && rewritten === undefined) return undefined
  return {
    destination: reference?.target,
    forwarded: {
      ...(reference !== undefined && { destination: reference.forwarded }),
      ...(rewritten !== undefined && { if: rewritten }),
    },
  }
}

/** Undefined: no resource of the app. The gateway's own pages are none, neither to be read nor to be written. */
function routeIn(
  app: AppRuntime,
  config: Pick<ActiveConfig, 'hosts'>,
  { host, target: { path } }: Reference,
): AppRoute | undefined {
  const found = findRoute(config.hosts.get(host) ?? [], path)
  return found?.app === app && !`${path}/`.startsWith('/.einlass/') ? found : undefined
}

/** With the Host that the upstream sees. The path is as in a request target. Undefined: it cannot be forwarded. */
function forUpstream(
  { app, paths }: AppRoute,
  { host }: Pick<CanonicalRequest, 'host'>,
  { target: { sent, wire, query }, relative }: Reference,
): string | undefined {
  const own = (app.paths.asSent ? sent : wire) + query
  const target = paths === undefined ? own : paths.toUpstream(own)
  return target && `${relative ? '' : app.webDavOrigin?.(host)}${target}`
}
