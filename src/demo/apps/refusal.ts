// Page of a demo app for a request that did not come through the gateway.

import type { AppName } from './names.ts'
import { texts, type Language } from '../../web/kit/language.ts'
import { markup, page } from '../page.ts'
import type { Received } from './received.ts'

const words = texts({
  en: {
    title: 'Not through the gateway',
    heading: 'Use the gateway to open this app',
    invalid: 'The assertion is invalid: ',
    missing: 'The request has no assertion.',
    only: ' This app accepts requests from the gateway only.',
  },
  de: {
    title: 'Am Gateway vorbei',
    heading: 'Öffnen Sie diese Anwendung über das Gateway',
    invalid: 'Die Bestätigung der Identität ist ungültig: ',
    missing: 'Die Anfrage enthält keine Bestätigung der Identität.',
    only: ' Diese Anwendung nimmt nur Anfragen des Gateways an.',
  },
})

export function drawRefusal(name: AppName, { assertion }: Received, language: Language): string {
  const say = words[language]
  const why = assertion.state === 'invalid' ? `${say.invalid}${assertion.detail}.` : say.missing
  return page({
    title: say.title,
    brand: name,
    language,
    hue: 0,
    narrow: true,
    body: markup`<h1>${say.heading}</h1><p>${why}${say.only}</p>`,
  })
}
