// Reads the request body of a built-in page as UTF-8 text, with size limit and timeout. Bodies for apps are streamed.

import type { Exchange } from '../../http/exchange.ts'

const maxBytes = 64 * 1024
/** Milliseconds. A form fits into one or two packets. */
const defaultTimeout = 10_000

/**
 * Rejects with code `bad_request` when the body exceeds 64 KiB, is not UTF-8, is not complete within `timeout`
 * milliseconds, or the client disconnected. The body is then paused, not destroyed: the client still gets a response.
 */
export function readText(exchange: Exchange, timeout = defaultTimeout): Promise<string> {
  if (exchange.kind !== 'http') return Promise.resolve('')
  const { body } = exchange
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const stop = (): void => {
      clearTimeout(timer)
      body.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose)
    }
    const fail = (cause: unknown): void => {
      stop()
      body.pause()
      reject(Object.assign(new Error('reading the request body failed', { cause }), { code: 'bad_request' }))
    }
    const onData = (chunk: Buffer): void => {
      size += chunk.length
      if (size > maxBytes) return fail(new Error(`more than ${maxBytes} bytes`))
      chunks.push(chunk)
    }
    const onEnd = (): void => {
      stop()
      try {
        resolve(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)))
      } catch (error) {
        fail(error)
      }
    }
    const onError = (error: unknown): void => fail(error)
    const onClose = (): void => fail(new Error('the client disconnected'))
    const timer = setTimeout(() => fail(new Error('timeout while reading')), timeout)
    body.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose)
    if (body.destroyed) return onClose()
    exchange.proceed()
  })
}
