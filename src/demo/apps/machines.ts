// Machine control app: a WebSocket, an event stream and a long download, and a page that shows when they are closed.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { identityCard, receivedCard } from './pages.ts'
import { markup, page, type Markup } from '../page.ts'
import type { Received } from './received.ts'

const tick = 100
const chunk = Buffer.alloc(64 * 1024, 'einlass ')

export interface LiveConnections {
  /** Serves `/events` and `/download`; returns false for other paths. */
  serve(request: IncomingMessage, response: ServerResponse): boolean
  /** Accepts an upgrade of `/live`; returns false for other paths. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean
  stop(): void
}

export function liveMachines(): LiveConnections {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 4096 })
  sockets.on('connection', (socket) => {
    const send = () => socket.send(JSON.stringify(reading()))
    const timer = setInterval(send, tick)
    send()
    socket.on('message', (text) => socket.send(JSON.stringify({ echo: String(text) })))
    socket.on('error', () => socket.terminate())
    socket.on('close', () => clearInterval(timer))
  })

  return {
    serve(request, response) {
      const url = new URL(request.url ?? '/', 'http://machines')
      if (url.pathname === '/events') events(response)
      else if (url.pathname === '/download') download(response, Number(url.searchParams.get('mb') ?? 10))
      else return false
      request.resume()
      return true
    },
    upgrade(request, socket, head) {
      if (request.url?.split('?', 1)[0] !== '/live') return false
      sockets.handleUpgrade(request, socket, head, (client) => sockets.emit('connection', client, request))
      return true
    },
    stop() {
      for (const socket of sockets.clients) socket.terminate()
      sockets.close()
    },
  }
}

export function drawMachines(received: Received): string {
  return page({
    title: 'Press 4',
    brand: 'Machines',
    hue: 28,
    script,
    body: markup`<h1>Press 4, hall B</h1>
<p class="soft">Live data from the machine control. When your access ends, these connections are closed immediately.</p>
<div class="grid">${gauge('socket', 'WebSocket')}${gauge('events', 'Event stream')}</div>
<p><a class="button quiet" href="/download?mb=200">Download 200 MB of sensor data</a></p>
${identityCard(received)}
${receivedCard(received)}`,
  })
}

function gauge(id: string, title: string): Markup {
  return markup`<section class="card" id="${id}"><h2><span class="dot"></span>${title}</h2><p class="big" data-value>–</p>
<svg class="trace" viewBox="0 0 59 24" preserveAspectRatio="none" aria-hidden="true"><polyline points=""/></svg>
<small data-state>connecting</small></section>`
}

function reading(): { at: number; bar: string } {
  const at = Date.now()
  return { at, bar: (182 + 6 * Math.sin(at / 1700) + 2 * Math.sin(at / 310)).toFixed(1) }
}

function events(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  const send = () => response.write(`data: ${JSON.stringify(reading())}\n\n`)
  send()
  const timer = setInterval(send, tick)
  response.on('close', () => clearInterval(timer))
}

/** About 3 MB per second: slow enough to be cut off before its end. */
function download(response: ServerResponse, megabytes: number): void {
  const wanted = Number.isFinite(megabytes) ? Math.min(Math.max(megabytes, 0), 4096) : 10
  let left = Math.round(wanted * 16)
  response.writeHead(200, {
    'content-type': 'application/octet-stream',
    'content-length': left * chunk.length,
    'content-disposition': 'attachment; filename="press-4.bin"',
  })
  const timer = setInterval(() => {
    if (left === 0) {
      clearInterval(timer)
      response.end()
    } else if (!response.writableNeedDrain) {
      left -= 1
      response.write(chunk)
    }
  }, 20)
  response.on('close', () => clearInterval(timer))
}

const script = `
const show = (id, state, text) => {
  const card = document.getElementById(id)
  card.classList.remove('live', 'cut')
  card.classList.add(state)
  card.querySelector('[data-state]').textContent = text
}
const heard = { socket: [], events: [] }
const value = (id, data) => {
  const reading = JSON.parse(data)
  if (!reading.bar) return
  document.querySelector('#' + id + ' [data-value]').textContent = reading.bar + ' bar'
  heard[id] = [...heard[id], 12 - (reading.bar - 182) * 1.3].slice(-60)
  const points = heard[id].map((height, at) => 60 - heard[id].length + at + ',' + height.toFixed(1))
  document.querySelector('#' + id + ' polyline').setAttribute('points', points.join(' '))
  show(id, 'live', 'connected, last reading ' + new Date(reading.at).toLocaleTimeString())
}
const cut = (id) => show(id, 'cut', 'closed at ' + new Date().toLocaleTimeString() + '. Reload to see why.')
const socket = new WebSocket(location.origin.replace('http', 'ws') + '/live')
let opened = false
socket.onopen = () => { opened = true }
socket.onmessage = (message) => value('socket', message.data)
socket.onclose = () =>
  opened ? cut('socket') : show('socket', 'cut', 'refused: a WebSocket needs write access. With read access, use the event stream.')
const events = new EventSource('/events')
events.onmessage = (message) => value('events', message.data)
events.onerror = () => { events.close(); cut('events') }
`
