// Pages of the demo's apps: sample content, and the identity and headers each app received.

import type { AppName } from './names.ts'
import { markup, page, type Markup } from '../page.ts'
import type { Received } from './received.ts'
import { never } from '../../policy/never.ts'

const chapters = [
  ['Welcome', 'This wiki has no sign-in of its own. It trusts one header, and verifies its signature.'],
  ['Who are you?', 'The gateway signs you in at the company’s identity provider, and passes the result to this app.'],
  ['How did you prove it?', 'A password is one factor. The payroll requires two: open it and see.'],
  ['From which device?', 'The servers require a company laptop. An unsigned header does not prove that you use one.'],
  ['Until when?', 'The technician’s grant has an end, and so does every connection it allows.'],
  ['And if it changes?', 'Then all open connections are closed, within a second.'],
  ['Page seven', 'You requested this page before you signed in, and here it is.'],
] as const

export function drawWiki(number: number, received: Received): string {
  const [title, text] = chapters[number - 1] ?? [`Page ${number}`, 'This page has not been written yet.']
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
<p class="soft">You have access because you signed in with a second factor; the assertion below says which one.</p>
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
<p class="soft">You have access because of your role, your passkey and your device: a managed laptop with an encrypted disk.</p>
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
      ? `The assertion is invalid: ${received.assertion.detail}.`
      : 'The request has no assertion.'
  return page({
    title: 'Not through the gateway',
    brand: name,
    hue: 0,
    narrow: true,
    body: markup`<h1>Use the gateway to open this app</h1><p>${why} This app accepts requests from the gateway only.</p>`,
  })
}

export function identityCard({ assertion }: Received): Markup {
  switch (assertion.state) {
    case 'verified':
      return markup`<section class="card" data-assertion="verified"><h2 class="good">✓ Verified by this app: signed by the gateway, issued for this app</h2>
<table>${Object.entries(assertion.claims).map(([name, value]) => row(name, readable(name, value)))}</table></section>`
    case 'missing':
      return markup`<section class="card" data-assertion="missing"><h2 class="wrong">This request has no assertion</h2></section>`
    case 'invalid':
      return markup`<section class="card" data-assertion="invalid"><h2 class="wrong">The assertion is invalid: ${assertion.detail}</h2></section>`
    default:
      return never(assertion)
  }
}

export function receivedCard(received: Received): Markup {
  const added = received.headers.filter(([name]) => fromGateway.test(name))
  const passed = received.headers.filter(([name]) => !fromGateway.test(name))
  const fields = (list: Received['headers']) => list.map(([name, value]) => row(name, shortened(value)))
  return markup`<section class="card"><h2>Received request: <code>${received.method} ${received.target}</code></h2>
<h3>Added by the gateway</h3>
<table>${fields(added)}</table>
<h3>Forwarded from the browser</h3>
<table>${fields(passed)}</table></section>`
}

/** Fields that the gateway sets; it removes them from client requests. */
const fromGateway = /^(x-forwarded-|x-einlass-|x-request-id$|traceparent$|connection$)/i

function row(name: string, value: string): Markup {
  return markup`<tr><th>${name}</th><td class="mono">${breakable(value)}</td></tr>`
}

/** Allows line breaks after commas and semicolons, for long lists of media types. */
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
