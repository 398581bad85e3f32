// A single-page application with its API on another host: the first visit, preflights and cookies of its own.

import { must, type Application, type Show } from '../application.ts'
import { inChromium } from '../chromium.ts'
import { startStaticServer, type Handle } from '../static-server.ts'

const page = `<!doctype html><title>Orders</title><ul></ul>
<script>
  const api = location.origin.replace('//', '//api.')
  const call = (path, more = {}) => fetch(api + path, { credentials: 'include', ...more })
  const loaded = call('/orders', { headers: { 'x-client': 'orders' } }).then((answer) => answer.json())
</script>`

export const severalHosts: Application = {
  name: 'orders',
  title: 'single-page application, API on another host',
  recipe: 'several-hosts.md',
  needs: ['chromium'],
  async start() {
    const orders: string[] = ['bolt #1']
    /** As the CORS middleware of web frameworks does. */
    const api: Handle = (request, response, body) => {
      const cors = {
        'access-control-allow-origin': request.headers.origin ?? '',
        'access-control-allow-credentials': 'true',
        'access-control-allow-headers': 'x-client, content-type',
        'access-control-allow-methods': 'GET, POST, PUT, DELETE',
        vary: 'Origin',
      }
      if (request.method === 'OPTIONS') return response.writeHead(204, cors).end()
      if (request.method === 'PUT') orders.push((JSON.parse(body) as { name: string }).name)
      return response.writeHead(200, { ...cors, 'content-type': 'application/json' }).end(JSON.stringify(orders))
    }
    const pages = await startStaticServer({ '/': ['text/html', page], '/orders': api })
    return {
      origin: pages.origin,
      hosts: ['api.orders'],
      settings: (originOf) => ({ from: [originOf('orders'), originOf('api.orders')] }),
      shows: [firstVisit],
      stop: () => pages.stop(),
    }
  },
}

const firstVisit: Show = {
  client: 'Chromium (first visit)',
  run: (ground) =>
    inChromium(ground, async (tab) => {
      const first = JSON.stringify(await tab.evaluate('loaded'))
      must(first.startsWith('["bolt #1"'), 'the orders', first)
      const put = await tab.evaluate(
        `call('/orders', { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{"name":"nut"}' }).then((a) => a.json())`,
      )
      must(JSON.stringify(put).endsWith('"nut"]'), 'the new order', JSON.stringify(put))
      await ground.endSessions('erika')
      const refused = await tab.evaluate(
        `call('/orders').then(async (a) => a.status + ' ' + typeof (await a.json()).sign_in)`,
      )
      must(refused === '401 string', '401 with the address of sign-in, readable by the script', refused)
      return 'after one sign-in the API answers: preflight, GET and PUT; after the session’s end 401 that the script can read'
    }),
}
