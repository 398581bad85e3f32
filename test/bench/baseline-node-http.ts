// Baseline proxy as commonly written first in Node: `node:http` in front, `http.request` behind. Never use it.

import { Agent, createServer, request as ask } from 'node:http'

const [port, upstream] = [Number(process.argv[2]), Number(process.argv[3])]
const agent = new Agent({ keepAlive: true, maxSockets: 64 })

createServer((request, response) => {
  const outgoing = ask(
    { host: '127.0.0.1', port: upstream, method: request.method!, path: request.url!, headers: request.headers, agent },
    (answer) => {
      response.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(response)
    },
  )
  outgoing.on('error', () => response.destroy())
  response.on('close', () => response.writableFinished || outgoing.destroy())
  request.pipe(outgoing)
}).listen(port, '127.0.0.1', 4096, () => process.stdout.write('ready\n'))
