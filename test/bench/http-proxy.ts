// Contender `http-proxy`, the best-known Node reverse proxy, with keep-alive; no identity, no log. Never use it.

import { Agent, createServer } from 'node:http'
import httpProxy from 'http-proxy'

const [port, upstream] = [Number(process.argv[2]), Number(process.argv[3])]
// Without an agent it would open a connection for each request.
const agent = new Agent({ keepAlive: true, maxSockets: 64 })
const proxy = httpProxy.createProxyServer({ target: { host: '127.0.0.1', port: upstream }, agent })
// A response or, for an upgrade, a socket: the load generator sees a broken connection, and the row fails.
proxy.on('error', (_error, _request, answer) => void answer.destroy())

createServer((request, response) => proxy.web(request, response))
  .on('upgrade', (request, socket, head) => proxy.ws(request, socket, head))
  .listen(port, '127.0.0.1', 4096, () => process.stdout.write('ready\n'))
