// Webhook with HMAC-SHA256 signature: posts the audit event exactly as logged.
//
//   X-Einlass-Timestamp: <unix seconds>
//   X-Einlass-Signature: t=<the same>,v1=<hex of HMAC-SHA256(secret, "<t>.<body>")>
//   Idempotency-Key:     the same at each attempt for one event
//
// The receiver computes the signature over the raw body, compares in constant time, and rejects a timestamp that is
// minutes off: this prevents forgery, modification and replay.

import { createHmac } from 'node:crypto'
import type { Deliver } from './delivery.ts'
import type { HttpPoster } from './http-post.ts'

export function createWebhook(poster: HttpPoster, secret: string, now: () => number): Deliver {
  return ([{ id, line }], signal) => {
    // Signed at each attempt, so that a message delivered a day late has a fresh timestamp.
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
