// Response parser: framings, and no memory retained after a response on an idle connection.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import type { ResponseHead } from '../../../src/http/llhttp.ts'
import { ResponseReader, type ResponseEvents } from '../../../src/proxy/client/http1-response-reader.ts'

const endings = [
  ['Content-Length', 'Content-Length: 5\r\n\r\nhello', true],
  ['no content', 'Content-Length: 0\r\n\r\n', true],
  ['chunked transfer coding', 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nEnds: here\r\n\r\n', true],
  ['the close of its connection', '\r\nhello', false],
] as const

test.each(endings)(
  'a response framed by %s is reported completely, and nothing of it is retained',
  async (_name, rest, clean) => {
    setFlagsFromString('--expose-gc')
    const collectGarbage = runInNewContext('gc') as () => void
    const reported: string[] = []
    let held: WeakRef<ResponseHead> | undefined
    const events: ResponseEvents = {
      head(head) {
        held = new WeakRef(head)
        reported.push(`head ${head.status}`)
        return true
      },
      data: (chunk) => reported.push(chunk.toString()) > 0,
      complete: (head, trailers, whole) => void reported.push(`end of ${head.status}`, ...trailers, String(whole)),
      switched() {},
      malformed: (message) => void reported.push(message),
    }
    const reader = new ResponseReader(65_536, events)
    reader.begin('GET')
    reader.read(Buffer.from(`HTTP/1.1 200 OK\r\n${rest}`))
    if (!clean) reader.end()
    const content = rest.includes('hello') ? ['hello'] : []
    const trailers = rest.includes('Ends') ? ['Ends', 'here'] : []
    expect(reported).toEqual(['head 200', ...content, 'end of 200', ...trailers, String(clean)])

    // A WeakRef keeps its target alive until the current task ends.
    await new Promise((resolve) => setImmediate(resolve))
    collectGarbage()
    expect(held?.deref()).toBeUndefined()
  },
)
