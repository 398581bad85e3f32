// Cards at the end of the demo apps' pages: the identity an app has verified, and the request it received.

import type { Language } from '../../web/kit/language.ts'
import { texts } from '../../web/kit/language.ts'
import { markup, type Markup } from '../page.ts'
import type { Received } from './received.ts'
import { never } from '../../policy/never.ts'

const words = texts({
  en: {
    verified: '✓ Verified by this app: signed by the gateway, issued for this app',
    missing: 'This request has no assertion',
    invalid: 'The assertion is invalid: ',
    received: 'Received request: ',
    added: 'Added by the gateway',
    passed: 'Forwarded from the browser',
    characters: 'characters',
    signedInAs: 'Signed in by the gateway as',
  },
  de: {
    verified: '✓ Von dieser Anwendung geprüft: vom Gateway signiert, für diese Anwendung ausgestellt',
    missing: 'Diese Anfrage enthält keine Bestätigung der Identität',
    invalid: 'Die Bestätigung der Identität ist ungültig: ',
    received: 'Empfangene Anfrage: ',
    added: 'Vom Gateway hinzugefügt',
    passed: 'Vom Browser weitergeleitet',
    characters: 'Zeichen',
    signedInAs: 'Vom Gateway angemeldet als',
  },
})

/** Display name of the verified user. */
export function nameOf({ assertion }: Received): string | undefined {
  if (assertion.state !== 'verified') return undefined
  const { name, email } = assertion.claims
  return typeof name === 'string' ? name : typeof email === 'string' ? email : assertion.claims.sub
}

/** One line for the head of a page. */
export function signedInAs(received: Received, language: Language): Markup | undefined {
  const name = nameOf(received)
  return name === undefined ? undefined : markup`<p class="who">${words[language].signedInAs} <b>${name}</b></p>`
}

export function identityCard({ assertion }: Received, language: Language): Markup {
  const say = words[language]
  switch (assertion.state) {
    case 'verified':
      return markup`<section class="card" data-assertion="verified"><h2 class="good">${say.verified}</h2>
<table>${Object.entries(assertion.claims).map(([name, value]) => row(name, readable(name, value)))}</table></section>`
    case 'missing':
      return markup`<section class="card" data-assertion="missing"><h2 class="wrong">${say.missing}</h2></section>`
    case 'invalid':
      return markup`<section class="card" data-assertion="invalid"><h2 class="wrong">${say.invalid}${assertion.detail}</h2></section>`
    default:
      return never(assertion)
  }
}

export function receivedCard(received: Received, language: Language): Markup {
  const say = words[language]
  const added = received.headers.filter(([name]) => fromGateway.test(name))
  const passed = received.headers.filter(([name]) => !fromGateway.test(name))
  const fields = (list: Received['headers']) => list.map(([name, value]) => row(name, shortened(value, language)))
  return markup`<section class="card"><h2>${say.received}<code>${received.method} ${received.target}</code></h2>
<h3>${say.added}</h3>
<table>${fields(added)}</table>
<h3>${say.passed}</h3>
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

function shortened(value: string, language: Language): string {
  return value.length > 200 ? `${value.slice(0, 120)}… (${value.length} ${words[language].characters})` : value
}
