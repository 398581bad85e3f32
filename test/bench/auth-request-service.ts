// Authorization service that nginx calls for every request (`auth_request`): accepts a known cookie and returns its user.

import { createServer } from 'node:http'

const known = new Map([[process.argv[3]!, 'bench']])

createServer((request, response) => {
  const cookie = /(?:^|; )session=([^;]+)/.exec(request.headers.cookie ?? '')?.[1] ?? ''
  const user = known.get(cookie)
  response.writeHead(user === undefined ? 401 : 204, user === undefined ? {} : { 'x-user': user }).end()
}).listen(Number(process.argv[2]), '127.0.0.1', 4096, () => process.stdout.write('ready\n'))
