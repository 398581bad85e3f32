// Writes a whole reply of ours into an answer.

import type { ResponseWriter } from '../http/response-writer.ts'
import type { Reply } from '../web/kit/reply.ts'

/** Returns the bytes of the body. To HEAD only the head is written (`answer-http1.ts`, `answer-http2.ts`). */
export function sendReply(response: ResponseWriter, reply: Reply): number {
  if (response.closed || response.headersSent) return 0
  const body = typeof reply.body === 'string' ? Buffer.from(reply.body) : reply.body
  response.writeHead(reply.status, [...reply.headers, 'Content-Length', String(body.length)])
  if (body.length > 0) response.write(body)
  response.end()
  return body.length
}
