// Reads the request body of a built-in page, with size limit and timeout. Bodies for apps are streamed.

import type { Exchange } from '../../http/exchange.ts'

export interface BodyLimits {
  readonly maxBytes: number
  /** Milliseconds. */
  readonly timeout: number
}

/** A form fits into one or two packets. */
const ownForms: BodyLimits = { maxBytes: 64 * 1024, timeout: 10_000 }

/** As UTF-8 text, at most 64 KiB. Rejects as `readBytes` does, and when it is not UTF-8. */
export async function readText(exchange: Exchange, timeout = ownForms.timeout): Promise<string> {
  const bytes = await readBytes(exchange, { ...ownForms, timeout })
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw badRequest(error)
  }
}

/**
 * Rejects with code `bad_request` when the body is larger (`tooLarge`), is not complete in time, or the client disconnected. The body is then
 * paused, not destroyed: the client still gets a response.
 */
export function readBytes(exchange: Exchange, { maxBytes, timeout }: BodyLimits): Promise<Buffer> {
  if (exchange.kind !== 'http') return Promise.resolve(Buffer.alloc(0))
  const { body } = exchange
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const stop = (): void => {
      clearTimeout(timer)
      body.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose)
    }
    const fail = (cause: unknown, tooLarge = false): void => {
      stop()
      body.pause()
      reject(Object.assign(badRequest(cause), { tooLarge }))
    }
    const onData = (chunk: Buffer): void => {
      size += chunk.length
      if (size > maxBytes) return fail(new Error(`more than ${maxBytes} bytes`), true)
      chunks.push(chunk)
    }
    const onEnd = (): void => {
      stop()
      resolve(Buffer.concat(chunks))
    }
    const onError = (error: unknown): void => fail(error)
    const onClose = (): void => fail(new Error('the client disconnected'))
    const timer = setTimeout(() => fail(new Error('timeout while reading')), timeout)
    body.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose)
    if (body.destroyed) return onClose()
    exchange.proceed()
  })
}

function badRequest(cause: unknown): Error {
  return Object.assign(new Error('reading the request body failed', { cause }), { code: 'bad_request' })
}
