// Answers challenges of http-01 (RFC 8555 8.3) on the plain listener: tokens of ours, for the host they were made for.

import { hostName } from '../http/host-name.ts'
import type { Reply } from '../web/kit/reply.ts'
import type { Dependencies } from './dependencies.ts'
import type { CanonicalRequest } from './canonical/canonical-request.ts'

const prefix = '/.well-known/acme-challenge/'

/**
 * Undefined: not ours, and answered as any other request. An app that orders certificates itself is thus reached through the redirect
 * to https, which authorities follow; its rules decide there. Tokens are compared with the target as it was received, so that no
 * spelling of a path leads here.
 */
export function challengeAnswer({ acme }: Pick<Dependencies, 'acme'>, request: CanonicalRequest): Reply | undefined {
  if (acme === undefined || !request.target.startsWith(prefix)) return undefined
  if (request.method !== 'GET' && request.method !== 'HEAD') return undefined
  const body = acme.httpAnswer(hostName(request.host), request.target.slice(prefix.length))
  if (body === undefined) return undefined
  const headers = [
    'Content-Type',
    'application/octet-stream',
    'Cache-Control',
    'no-store',
    'X-Content-Type-Options',
    'nosniff',
  ]
  return { status: 200, headers, body }
}
