// Logs that an application refused a request because of its header fields, with their sizes and what an admin can set.

import type { AppRequest } from './record.ts'
import type { Dependencies } from './dependencies.ts'
import type { ForwardRequest } from '../proxy/upstream.ts'

/**
 * Bytes of identity fields from which they may be meant by a 400, which nginx, Apache and IIS answer where RFC 6585 has
 * 431, and by a connection that breaks off: an answer is lost when the server closes before it read the whole request.
 */
const large: Readonly<Record<number, number>> = { 431: 0, 400: 4096, 502: 16_384 }
const messages: Readonly<Record<number, string>> = {
  431: 'the application refused the request: header fields too large',
  400: 'the application answered 400: its header fields may be too large',
  502: 'the application did not answer: its header fields may be too large',
}

/** `status` sent to the client. Costs one look-up for other statuses than 400, 431 and 502. */
export function reportRefusedHeaders(
  { log }: Pick<Dependencies, 'log'>,
  { request, target, session }: AppRequest,
  { headers, signedIn }: Pick<ForwardRequest, 'headers' | 'signedIn'>,
  status: number,
): void {
  const least = large[status]
  if (least === undefined || signedIn === false) return
  const identityBytes = headers.perUser.lines.length
  if (identityBytes < least) return
  const { name, headerGroups } = target.app.config
  log.warn(
    {
      request: request.id,
      app: name,
      status,
      identity_bytes: identityBytes,
      other_bytes: headers.perRequest.length + headers.perHost.lines.length,
      groups: session?.subject.groups.length,
      groups_sent: headerGroups === 'all' ? 'all' : headerGroups.size,
      mend:
        identityBytes < large[400]!
          ? 'the fields of the client are most of it: its cookies, or a larger limit in the application'
          : `set apps.${name}.headers.groups to used or a shorter list, or a larger limit in the application`,
    },
    messages[status]!,
  )
}
