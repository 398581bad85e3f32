// Machine control app: a WebSocket, an event stream and a long download, and a page that shows when they are closed.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { texts, type Language } from '../../web/kit/language.ts'
import { identityCard, receivedCard, signedInAs } from './identity-card.ts'
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

const words = texts({
  en: {
    brand: 'Machines',
    title: 'Press 4, hall B',
    about: 'Live data from the machine control. When your access ends, these connections are closed immediately.',
    socket: 'WebSocket',
    events: 'Event stream',
    download: 'Download',
    record: 'Record sensor data',
    recordAbout: '500 MB, as it is measured',
    connecting: 'connecting',
    idle: 'not started',
    facts: [
      ['Order', 'A-2206, brackets, 1,840 of 5,000'],
      ['Cycle', '4.2 s'],
      ['Hydraulic oil', '47 °C'],
      ['Last alarm', 'pressure loss at valve 2, 06:41'],
    ],
    say: {
      reading: 'connected, last reading',
      closed: 'closed at',
      why: 'Reload to see why.',
      refused: 'refused: a WebSocket needs write access. With read access, use the event stream.',
      of: 'of 500 MB',
      running: 'running',
      done: 'complete',
    },
  },
  de: {
    brand: 'Maschinen',
    title: 'Presse 4, Halle B',
    about: 'Messwerte der Steuerung, live. Endet Ihr Zugang, werden diese Verbindungen sofort geschlossen.',
    socket: 'WebSocket',
    events: 'Ereignisstrom',
    download: 'Download',
    record: 'Messwerte aufzeichnen',
    recordAbout: '500 MB, so wie gemessen wird',
    connecting: 'verbindet',
    idle: 'nicht gestartet',
    facts: [
      ['Auftrag', 'A-2206, Halter, 1.840 von 5.000'],
      ['Takt', '4,2 s'],
      ['Hydrauliköl', '47 °C'],
      ['Letzte Störung', 'Druckverlust an Ventil 2, 06:41'],
    ],
    say: {
      reading: 'verbunden, letzter Messwert',
      closed: 'geschlossen um',
      why: 'Neu laden zeigt den Grund.',
      refused: 'abgelehnt: Ein WebSocket braucht Schreibzugang. Mit Lesezugang hilft der Ereignisstrom.',
      of: 'von 500 MB',
      running: 'läuft',
      done: 'vollständig',
    },
  },
})

export function drawMachines(received: Received, language: Language): string {
  const say = words[language]
  return page({
    title: say.title,
    brand: say.brand,
    language,
    hue: 28,
    script,
    body: markup`<div id="press" data-say="${JSON.stringify(say.say)}">${signedInAs(received, language)}<h1>${say.title}</h1>
<p class="soft">${say.about}</p>
<div class="grid">${gauge('socket', say.socket, say.connecting)}${gauge('events', say.events, say.connecting)}</div>
<section class="card" id="download"><h2><span class="dot"></span>${say.download}</h2>
<p class="size"><b data-size>–</b> <progress max="500" value="0"></progress></p>
<button class="quiet" type="button" data-record>${say.record}</button> <small data-state>${say.recordAbout}</small></section>
<section class="card"><table>${say.facts.map(([name, value]) => markup`<tr><th>${name}</th><td>${value}</td></tr>`)}</table></section></div>
${identityCard(received, language)}
${receivedCard(received, language)}`,
  })
}

function gauge(id: string, title: string, state: string): Markup {
  return markup`<section class="card" id="${id}"><h2><span class="dot"></span>${title}</h2><p class="big" data-value>–</p>
<svg class="trace" viewBox="0 0 59 24" preserveAspectRatio="none" aria-hidden="true"><polyline points=""/></svg>
<small data-state>${state}</small></section>`
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
const say = JSON.parse(document.getElementById('press').dataset.say)
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
  show(id, 'live', say.reading + ' ' + new Date(reading.at).toLocaleTimeString())
}
const cut = (id) => show(id, 'cut', say.closed + ' ' + new Date().toLocaleTimeString() + '. ' + say.why)
const socket = new WebSocket(location.origin.replace('http', 'ws') + '/live')
let opened = false
socket.onopen = () => { opened = true }
socket.onmessage = (message) => value('socket', message.data)
socket.onclose = () => opened ? cut('socket') : show('socket', 'cut', say.refused)
const events = new EventSource('/events')
events.onmessage = (message) => value('events', message.data)
events.onerror = () => { events.close(); cut('events') }
const record = async () => {
  document.querySelector('[data-record]').disabled = true
  try {
    const answer = await fetch('/download?mb=500')
    if (!answer.ok) throw new Error(String(answer.status))
    let bytes = 0
    for (const reader = answer.body.getReader(); ; ) {
      const { done, value } = await reader.read()
      if (done) break
      bytes += value.length
      document.querySelector('#download [data-size]').textContent = (bytes / 1048576).toFixed(1) + ' MB'
      document.querySelector('#download progress').value = bytes / 1048576
      show('download', 'live', say.running + ', ' + say.of)
    }
    show('download', 'live', say.done)
  } catch {
    cut('download')
  }
}
document.querySelector('[data-record]').onclick = record
if (location.search === '?record') record()
`
