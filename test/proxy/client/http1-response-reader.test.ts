// What is left of an answer once it was read: nothing, on a connection that waits for its next use.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import type { ResponseHead } from '../../../src/http/llhttp.ts'
import { ResponseReader, type ResponseEvents } from '../../../src/proxy/client/http1-response-reader.ts'

const endings = [
  ['a length', 'Content-Length: 5\r\n\r\nhello', true],
  ['no content', 'Content-Length: 0\r\n\r\n', true],
  ['chunks', 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nEnds: here\r\n\r\n', true],
  ['the end of its connection', '\r\nhello', false],
] as const

test.each(endings)(
  'an answer that ends with %s is told whole, and nothing of it is kept',
  async (_name, rest, clean) => {
    setFlagsFromString('--expose-gc')
    const collectGarbage = runInNewContext('gc') as () => void
    const told: string[] = []
    let held: WeakRef<ResponseHead> | undefined
    const heard: ResponseEvents = {
      head(head) {
        held = new WeakRef(head)
        told.push(`head ${head.status}`)
        return true
      },
      data: (chunk) => told.push(chunk.toString()) > 0,
      complete: (head, trailers, whole) => void told.push(`end of ${head.status}`, ...trailers, String(whole)),
      malformed: (message) => void told.push(message),
    }
    const reading = new ResponseReader(65_536, heard)
    reading.begin('GET')
    reading.read(Buffer.from(`HTTP/1.1 200 OK\r\n${rest}`))
    if (!clean) reading.end()
    const content = rest.includes('hello') ? ['hello'] : []
    const trailers = rest.includes('Ends') ? ['Ends', 'here'] : []
    expect(told).toEqual(['head 200', ...content, 'end of 200', ...trailers, String(clean)])

    // A weak reference holds what it pointed at until the task that made it is over.
    await new Promise((resolve) => setImmediate(resolve))
    collectGarbage()
    expect(held?.deref()).toBeUndefined()
  },
)
