// Reads the small bodies our own pages take. What apps get is never read here.

import type { Exchange } from '../../http/exchange.ts'

const maxBytes = 64 * 1024
/** Milliseconds. A form of ours is one packet or two. */
const defaultTimeout = 10_000

/**
 * Rejects with code `bad_request` when there is more than 64 KiB, no UTF-8, the client went away, or it is not complete
 * within `patience` milliseconds. The body is left where it is then, not destroyed: the client still gets an answer.
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
      reject(Object.assign(new Error('the body cannot be read', { cause }), { code: 'bad_request' }))
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
    const onClose = (): void => fail(new Error('the client went away'))
    const timer = setTimeout(() => fail(new Error('it did not arrive in time')), timeout)
    body.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose)
    if (body.destroyed) return onClose()
    exchange.proceed()
  })
}
