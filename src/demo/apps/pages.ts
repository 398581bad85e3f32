// The pages of the demo's apps: a little work to do, and beneath it everything the app was told about the person.

import type { AppName } from './names.ts'
import { markup, page, type Markup } from '../page.ts'
import type { Received } from './received.ts'
import { never } from '../../policy/never.ts'

const chapters = [
  ['Welcome', 'This wiki has no login of its own. It believes one header, and checks its signature.'],
  ['Who are you?', 'The gateway asks the company’s provider, and tells this app what came out of it.'],
  ['How did you prove it?', 'A password is one factor. The payroll wants two; go there and see.'],
  ['From which device?', 'The servers want a company laptop. A header that says so is not one.'],
  ['Until when?', 'The technician’s grant has an end, and so has everything that is open because of it.'],
  ['And if it changes?', 'Then whatever is open ends, within a second.'],
  ['Page seven', 'You asked for this very page before you signed in, and here you are.'],
] as const

export function drawWiki(number: number, received: Received): string {
  const [title, text] = chapters[number - 1] ?? [`Page ${number}`, 'Nobody has written this page yet.']
  const links = chapters.map((_, index) => {
    const here = { markup: index + 1 === number ? ' aria-current="page"' : '' }
    return markup`<a href="/page/${index + 1}"${here}>${index + 1}</a>`
  })
  return page({
    title,
    brand: 'Wiki',
    hue: 160,
    body: markup`<h1 data-page="${number}">${title}</h1>
<p>${text}</p>
<nav aria-label="Pages">${links}</nav>
${identityCard(received)}
${receivedCard(received)}`,
  })
}

export function drawPayroll(received: Received): string {
  return page({
    title: 'November',
    brand: 'Payroll',
    hue: 268,
    body: markup`<h1>Payroll, November</h1>
<p class="soft">You are here because a second factor was proven, and the token says which.</p>
<section class="card"><table>
${row('Erika Musterfrau', '4,310.00 €')}${row('Thomas Berger', '4,720.00 €')}${row('Ada Keller', '5,180.00 €')}
</table></section>
${identityCard(received)}
${receivedCard(received)}`,
  })
}

export function drawServers(received: Received): string {
  return page({
    title: 'Machines in rack 3',
    brand: 'Servers',
    hue: 205,
    body: markup`<h1>Rack 3</h1>
<p class="soft">You are here because of who you are and what you sit at: a managed laptop with an encrypted disk.</p>
<section class="card"><table>
${row('db-1', 'primary, 41 % of disk')}${row('db-2', 'replica, 0.2 s behind')}${row('mail', 'queue empty')}
</table></section>
${identityCard(received)}
${receivedCard(received)}`,
  })
}

export function drawRefusal(name: AppName, received: Received): string {
  const why =
    received.assertion.state === 'invalid'
      ? `The assertion is not genuine: ${received.assertion.detail}.`
      : 'There is no assertion.'
  return page({
    title: 'Not through the gateway',
    brand: name,
    hue: 0,
    narrow: true,
    body: markup`<h1>You did not come through the gateway</h1><p>${why} This app believes nobody else.</p>`,
  })
}

export function identityCard({ assertion }: Received): Markup {
  switch (assertion.state) {
    case 'verified':
      return markup`<section class="card" data-assertion="verified"><h2 class="good">✓ Verified by this app: signed by the gateway, meant for this app</h2>
<table>${Object.entries(assertion.claims).map(([name, value]) => row(name, readable(name, value)))}</table></section>`
    case 'missing':
      return markup`<section class="card" data-assertion="missing"><h2 class="wrong">No assertion came with this request</h2></section>`
    case 'invalid':
      return markup`<section class="card" data-assertion="invalid"><h2 class="wrong">The assertion is not genuine: ${assertion.detail}</h2></section>`
    default:
      return never(assertion)
  }
}

export function receivedCard(received: Received): Markup {
  const added = received.headers.filter(([name]) => fromGateway.test(name))
  const passed = received.headers.filter(([name]) => !fromGateway.test(name))
  const fields = (list: Received['headers']) => list.map(([name, value]) => row(name, shortened(value)))
  return markup`<section class="card"><h2>What arrived: <code>${received.method} ${received.target}</code></h2>
<h3>Said by the gateway</h3>
<table>${fields(added)}</table>
<h3>Passed on from the browser</h3>
<table>${fields(passed)}</table></section>`
}

/** Whoever sends one of these to the gateway finds that it did not arrive. */
const fromGateway = /^(x-forwarded-|x-einlass-|x-request-id$|traceparent$|connection$)/i

function row(name: string, value: string): Markup {
  return markup`<tr><th>${name}</th><td class="mono">${breakable(value)}</td></tr>`
}

/** Long lists of media types break after a comma, not within a word. */
function breakable(value: string): readonly Markup[] {
  return value.split(/(?<=[,;])(?=\S)/).map((part, at) => markup`${{ markup: at === 0 ? '' : '<wbr>' }}${part}`)
}

function readable(name: string, value: unknown): string {
  if (['iat', 'exp', 'auth_time', 'nbf'].includes(name) && typeof value === 'number') {
    return `${value} (${new Date(value * 1000).toISOString().slice(11, 19)} UTC)`
  }
  return typeof value === 'string' ? value : JSON.stringify(value).replaceAll('","', '", "')
}

function shortened(value: string): string {
  return value.length > 200 ? `${value.slice(0, 120)}… (${value.length} characters)` : value
}
