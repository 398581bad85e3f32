// Tour client: redirects, cookies and forms as in a browser.

import { createServer, type Server } from 'node:http'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { listen } from '../../../src/demo/listen.ts'
import { createTourClient, formsOf, type TourClient } from '../../../src/demo/tour/client.ts'

let server: Server
let client: TourClient
let origin: string

beforeEach(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method, url, headers } = request
      const told = JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString() })
      if (url === '/see-other') return response.writeHead(303, { location: '/told' }).end()
      if (url === '/keep') return response.writeHead(307, { location: '/told' }).end()
      if (url === '/circle') return response.writeHead(302, { location: '/circle' }).end()
      if (url === '/onward') return response.end('<meta http-equiv="refresh" content="0; url=/told?a=1&amp;b=2" />')
      if (url === '/set') return response.writeHead(302, { location: '/told', 'set-cookie': 'a=1; Path=/' }).end()
      if (url === '/form') return response.end(form)
      return response.end(told)
    })
  })
  client = createTourClient()
  origin = `http://tour.localhost:${await listen(server, 0)}`
})

afterEach(async () => {
  client.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

const form = `<form method="post" action="/other"><button name="go">x</button></form>
<form method="post" action="/told"><input type="hidden" name="csrf" value="a&amp;b"><input name="name"></form>`

test('303 continues with GET without a body, 307 repeats the POST', async () => {
  const post = { method: 'POST', body: 'a=1' }
  expect(JSON.parse((await client.go(`${origin}/see-other`, post)).body)).toMatchObject({ method: 'GET', body: '' })
  expect(JSON.parse((await client.go(`${origin}/keep`, post)).body)).toMatchObject({ method: 'POST', body: 'a=1' })
})

test('sends a cookie set by a redirect to its target', async () => {
  const told = JSON.parse((await client.go(`${origin}/set`)).body)
  expect(told.headers.cookie).toBe('a=1')
})

test('retries on a new connection if a keep-alive connection was closed', async () => {
  await client.go(`${origin}/told`)
  let cut = 0
  server.prependOnceListener('request', (request) => {
    cut += 1
    request.socket.destroy()
  })
  expect(JSON.parse((await client.go(`${origin}/told`)).body)).toMatchObject({ url: '/told' })
  expect(cut).toBe(1)
})

test('follows an immediate meta refresh, and stops at a redirect loop', async () => {
  expect(JSON.parse((await client.go(`${origin}/onward`)).body)).toMatchObject({ url: '/told?a=1&b=2' })
  await expect(client.go(`${origin}/circle`)).rejects.toThrow('more than 25 redirects')
})

test('submits checked radio buttons, selected options and text areas', () => {
  const body = `<form method="post" action="/ask"><input type="hidden" name="app" value="wiki" />
<input type="radio" name="level" value="read" checked /><input type="radio" name="level" value="full" />
<input type="radio" name="begin" value="later" /><input type="checkbox" name="loud" value="1">
<select name="unit"><option value="minutes">m</option><option value="hours" selected>h</option></select>
<select name="zone"><option value="a">a</option><option value="b">b</option></select>
<textarea name="reason">
a &lt; b
c</textarea><input name="ticket" value="" /></form>`
  const seen = { url: new URL('http://tour.localhost/'), status: 200, headers: {}, body, via: [] }
  expect(formsOf(seen).map(({ fields }) => fields)).toEqual([
    { app: 'wiki', level: 'read', unit: 'hours', zone: 'a', reason: 'a < b\nc', ticket: '' },
  ])
})

test('submits the form with the wanted field, with its values and the given ones', async () => {
  const page = await client.go(`${origin}/form`)
  expect(formsOf(page)).toHaveLength(2)
  const told = JSON.parse((await client.submit(page, { name: 'Erika' }, 'csrf')).body)
  expect(told).toMatchObject({ url: '/told', method: 'POST', body: 'csrf=a%26b&name=Erika' })
  expect(told.headers).toMatchObject({ origin, 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': 'document' })
  await expect(client.submit(page, {}, 'missing')).rejects.toMatchObject({ code: 'no_such_form' })
})
