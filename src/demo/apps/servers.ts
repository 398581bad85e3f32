// The demo's servers: their load, asked for every second, and a log as an event stream; the page shows when both end.

import type { ServerResponse } from 'node:http'
import { texts, type Language } from '../../web/kit/language.ts'
import { identityCard, receivedCard, signedInAs } from './identity-card.ts'
import { markup, page } from '../page.ts'
import type { Received } from './received.ts'

const words = texts({
  en: {
    brand: 'Servers',
    title: 'Rack 3',
    about:
      'You have access because of your role, your passkey and your device: a managed laptop with an encrypted disk.',
    load: 'Load',
    memory: 'Memory',
    role: 'Role',
    roles: {
      'db-1': 'database, primary',
      'db-2': 'database, 0.2 s behind',
      mail: 'mail, queue empty',
      git: 'repositories',
    },
    log: 'Log',
    live: 'live',
    refused: 'refused at',
    closed: 'closed at',
    why: 'Reload to see why.',
  },
  de: {
    brand: 'Server',
    title: 'Rack 3',
    about:
      'Sie haben Zugang wegen Ihrer Rolle, Ihres Passkeys und Ihres Geräts: ein verwalteter Laptop mit verschlüsselter Festplatte.',
    load: 'Last',
    memory: 'Speicher',
    role: 'Aufgabe',
    roles: {
      'db-1': 'Datenbank, führend',
      'db-2': 'Datenbank, 0,2 s zurück',
      mail: 'Mail, Warteschlange leer',
      git: 'Repositorys',
    },
    log: 'Protokoll',
    live: 'läuft',
    refused: 'abgelehnt um',
    closed: 'geschlossen um',
    why: 'Neu laden zeigt den Grund.',
  },
})

const hosts = ['db-1', 'db-2', 'mail', 'git'] as const

export function drawServers(received: Received, language: Language): string {
  const say = words[language]
  const rows = hosts.map(
    (host) =>
      markup`<tr data-host="${host}"><th>${host}</th><td data-load>–</td><td data-memory>–</td><td>${say.roles[host]}</td></tr>`,
  )
  const spoken = `${say.live}|${say.refused}|${say.closed}|${say.why}`
  return page({
    title: say.title,
    brand: say.brand,
    language,
    hue: 205,
    script,
    body: markup`${signedInAs(received, language)}<h1>${say.title}</h1>
<p class="soft">${say.about}</p>
<section class="card" id="load" data-say="${spoken}"><h2><span class="dot"></span>${say.load}</h2><table class="figures">
<thead><tr><th></th><td>${say.load}</td><td>${say.memory}</td><td>${say.role}</td></tr></thead><tbody>${rows}</tbody></table>
<small data-state></small></section>
<section class="card" id="log"><h2><span class="dot"></span>${say.log}</h2><pre data-lines></pre><small data-state></small></section>
${identityCard(received, language)}
${receivedCard(received, language)}`,
  })
}

/** Percent of processor and memory by host. */
export function currentLoad(now: number): Readonly<Record<string, readonly [number, number]>> {
  const wave = (at: number, speed: number) => Math.sin(now / speed + at * 1.7)
  return Object.fromEntries(
    hosts.map((host, at) => [
      host,
      [Math.round(34 + 19 * wave(at, 4100) + 6 * wave(at, 900)), Math.round(58 + 9 * wave(at, 21_000))] as const,
    ]),
  )
}

const messages = [
  'db-1 checkpoint complete, 412 buffers',
  'mail delivered 3 messages',
  'db-2 replayed to 0/5C2E118',
  'git fetch of press-control by ci',
  'db-1 autovacuum of orders: 0 pages removed',
  'mail TLS handshake from 10.20.0.14',
] as const

/** Event stream `/log`: one line every half second. */
export function serverLog(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  let sent = 0
  const send = () => {
    const line = `${new Date().toISOString().slice(11, 19)} ${messages[sent++ % messages.length]}`
    response.write(`data: ${line}\n\n`)
  }
  send()
  const timer = setInterval(send, 500)
  response.on('close', () => clearInterval(timer))
}

const script = `
const [live, refused, closed, why] = document.getElementById('load').dataset.say.split('|')
const show = (id, state, text) => {
  const card = document.getElementById(id)
  card.classList.remove('live', 'cut')
  card.classList.add(state)
  card.querySelector('[data-state]').textContent = text
}
const ended = (id, how) => show(id, 'cut', how + ' ' + new Date().toLocaleTimeString() + '. ' + why)
const log = new EventSource('/log')
const lines = []
log.onmessage = ({ data }) => {
  lines.push(data)
  document.querySelector('[data-lines]').textContent = lines.slice(-6).join('\\n')
  show('log', 'live', live)
}
log.onerror = () => { log.close(); ended('log', closed) }
const ask = async () => {
  const answer = await fetch('/load').catch(() => undefined)
  if (!answer || !answer.ok) { clearInterval(timer); return ended('load', refused) }
  for (const [host, [load, memory]] of Object.entries(await answer.json())) {
    const row = document.querySelector('[data-host="' + host + '"]')
    row.querySelector('[data-load]').textContent = load + ' %'
    row.querySelector('[data-memory]').textContent = memory + ' %'
  }
  show('load', 'live', live)
}
const timer = setInterval(ask, 1000)
ask()
`
