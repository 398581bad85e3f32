// Signed webhook: the audit event as it is in the log, to a program of the administrator's.
//
//   X-Einlass-Timestamp: <unix seconds>
//   X-Einlass-Signature: t=<the same>,v1=<hex of HMAC-SHA256(secret, "<t>.<body>")>
//   Idempotency-Key:     the same at each attempt, for one event
//
// The receiver computes the signature over the body as it came, compares in constant time, and refuses a time that is
// minutes away: then nobody can make messages up, change them, or send old ones again.

import { createHmac } from 'node:crypto'
import type { Deliver } from './delivery.ts'
import type { HttpPoster } from './http-post.ts'

export function createWebhook(poster: HttpPoster, secret: string, now: () => number): Deliver {
  return ({ id, line }, signal) => {
    // Made anew for each attempt: one that is delivered a day late is not too old to be believed.
    const time = Math.floor(now() / 1000)
    const headers = {
      'x-einlass-timestamp': String(time),
      'x-einlass-signature': `t=${time},v1=${signatureOf(line, time, secret)}`,
      'idempotency-key': id,
    }
    return poster.post(line, headers, signal)
  }
}

/** `time` in seconds. */
function signatureOf(body: string, time: number, secret: string): string {
  return createHmac('sha256', secret).update(`${time}.${body}`).digest('hex')
}
