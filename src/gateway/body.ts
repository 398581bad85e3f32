// Reads the small bodies our own pages take. What apps get is never read here.

import type { Exchange } from './exchange.ts'

const limit = 64 * 1024

/** Rejects with code `bad_request` when there is more than 64 KiB, no UTF-8, or the client went away. */
export async function readText(exchange: Exchange): Promise<string> {
  if (exchange.kind !== 'http') return ''
  exchange.proceed()
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of exchange.body as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > limit) throw new Error(`more than ${limit} bytes`)
      chunks.push(chunk)
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch (cause) {
    throw Object.assign(new Error('the body cannot be read', { cause }), { code: 'bad_request' })
  }
}
