// Writes a whole reply of ours into an answer.

import type { Answer } from '../http/response-writer.ts'
import type { Reply } from '../web/kit/reply.ts'

/** Returns the bytes of the body. To HEAD only the head is written (`answer-http1.ts`, `answer-http2.ts`). */
export function write(answer: Answer, reply: Reply): number {
  if (answer.closed || answer.begun) return 0
  const body = typeof reply.body === 'string' ? Buffer.from(reply.body) : reply.body
  answer.head(reply.status, [...reply.headers, 'Content-Length', String(body.length)])
  if (body.length > 0) answer.write(body)
  answer.end()
  return body.length
}
