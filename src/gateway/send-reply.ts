// Writes the complete response of a built-in page, with Content-Length.

import type { ResponseWriter } from '../http/response-writer.ts'
import type { Reply } from '../web/kit/reply.ts'

/** Returns the bytes of the body, 0 when nothing could be sent. The response writers omit the body of a HEAD request. */
export function sendReply(response: ResponseWriter, reply: Reply): number {
  if (response.closed || response.headersSent) return 0
  if (reply.grpc === true) {
    response.writeHead(200, reply.headers, true)
    response.end()
    return 0
  }
  const body = typeof reply.body === 'string' ? Buffer.from(reply.body) : reply.body
  response.writeHead(reply.status, [...reply.headers, 'Content-Length', String(body.length)])
  if (body.length > 0) response.write(body)
  response.end()
  return body.length
}
