// The smallest forwarder there is: what Einlass is compared with. No identity, no limits, no log: never use it.

import { createServer } from 'node:http'
import { Pool } from 'undici'

const [port, upstream] = [Number(process.argv[2]), process.argv[3]!]
const pool = new Pool(upstream, { connections: 64, pipelining: 1 })

createServer((request, response) => {
  pool.dispatch(
    {
      method: request.method as 'GET',
      path: request.url!,
      headers: request.rawHeaders,
      body: request.method === 'GET' ? null : request,
    },
    {
      onRequestStart() {},
      onResponseStart(controller, status, _headers) {
        response.writeHead(status, (controller.rawHeaders as Buffer[]).map(String))
        response.on('drain', () => controller.resume())
        // A client that left would keep its upstream connection paused, and with it one of the pool, for ever.
        response.on('close', () => response.writableFinished || controller.abort(new Error('the client went away')))
      },
      onResponseData(controller, chunk) {
        if (!response.write(chunk)) controller.pause()
      },
      onResponseEnd() {
        response.end()
      },
      onResponseError() {
        response.destroy()
      },
    },
  )
}).listen(port, '127.0.0.1', () => process.stdout.write('ready\n'))
