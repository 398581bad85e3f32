// Header fields of WebDAV that name resources, `Destination` and `If`: checked, and rewritten for the upstream.

import type { CanonicalRequest, CanonicalRules } from '../canonical/canonical-request.ts'
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

type WebDavRequest = Pick<CanonicalRequest, 'method' | 'header' | 'scheme' | 'host'>

/**
 * Undefined when the request has neither field. `upstream`: origin that the upstream takes for its own. `Destination` is
 * read with methods that may act on it, all but those of RFC 9110 and 5789, and required with those that must have one.
 */
export function webDavFields(
  request: WebDavRequest,
  kind: MethodKind,
  upstream: string,
  hostOf: CanonicalRules['hostOf'],
): WebDavFields | WebDavError | undefined {
  const { method, header } = request
  const read = (value: string): Reference | undefined => readReference(value, request, hostOf)
  const write = ({ target: { wire, query }, wholeOrigin }: Reference): string =>
    `${wholeOrigin ? upstream : ''}${wire}${query}`

  const destination = kind === 'further' ? header('destination') : undefined
  if (destination === undefined && (method === 'COPY' || method === 'MOVE')) return 'destination'
  const reference = destination === undefined ? undefined : read(destination)
  if (destination !== undefined && (reference === undefined || isBuiltIn(reference))) return 'destination'

  const condition = header('if')
  const rewritten =
    condition === undefined
      ? undefined
      : rewriteIfField(condition, (resource) => {
          const tagged = read(resource)
          return tagged && write(tagged)
        })
  if (condition !== undefined && rewritten === undefined) return 'if'
  if (reference === undefined && rewritten === undefined) return undefined
  return {
    destination: reference?.target,
    forwarded: {
      ...(reference !== undefined && { destination: write(reference) }),
      ...(rewritten !== undefined && { if: rewritten }),
    },
  }
}

/** Paths of the gateway's own pages never reach an application, neither to be read nor to be written. */
function isBuiltIn({ target }: Reference): boolean {
  return `${target.path}/`.startsWith('/.einlass/')
}
