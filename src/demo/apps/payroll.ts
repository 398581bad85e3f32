// The demo's payroll: salaries of the month, which finance reads, and releases on one afternoon.

import { texts, type Language } from '../../web/kit/language.ts'
import type { AppAnswer } from './answer.ts'
import { identityCard, nameOf, receivedCard, signedInAs } from './identity-card.ts'
import { markup, page } from '../page.ts'
import type { Received } from './received.ts'

const words = texts({
  en: {
    brand: 'Payroll',
    title: 'Payroll, November',
    about: 'You have access because you signed in with a second factor; the assertion below says which one.',
    name: 'Name',
    hours: 'Hours',
    gross: 'Gross',
    deductions: 'Deductions',
    net: 'Net',
    total: 'Total of 6 people',
    release: 'Release for payment',
    when: 'Possible on the afternoon of the last working day of the month.',
    released: (by: string) => `Released by ${by}.`,
    locale: 'en-GB',
  },
  de: {
    brand: 'Gehälter',
    title: 'Gehälter, November',
    about:
      'Sie haben Zugang, weil Sie sich mit einem zweiten Faktor angemeldet haben; die Bestätigung unten sagt, mit welchem.',
    name: 'Name',
    hours: 'Stunden',
    gross: 'Brutto',
    deductions: 'Abzüge',
    net: 'Netto',
    total: 'Summe von 6 Personen',
    release: 'Zur Zahlung freigeben',
    when: 'Möglich am Nachmittag des letzten Arbeitstags im Monat.',
    released: (by: string) => `Freigegeben von ${by}.`,
    locale: 'de-DE',
  },
})

/** Name, hours, gross and deductions in euros. */
const people = [
  ['Erika Musterfrau', 160, 4310, 1586.2],
  ['Thomas Berger', 160, 4720, 1797.4],
  ['Ada Keller', 152, 5180, 2041.85],
  ['Vera Lindner', 160, 5040, 1969.1],
  ['Jonas Brandt', 120, 2890, 861.3],
  ['Leyla Aydın', 168, 3960, 1409.75],
] as const

export interface Payroll {
  answer(received: Received, language: Language): AppAnswer
}

export function createPayroll(): Payroll {
  let released: string | undefined
  return {
    answer(received, language) {
      if (received.method === 'POST') released = nameOf(received)
      return { status: 200, html: draw(received, language, released) }
    },
  }
}

function draw(received: Received, language: Language, released: string | undefined): string {
  const say = words[language]
  const money = (value: number) => value.toLocaleString(say.locale, { style: 'currency', currency: 'EUR' })
  const sum = (of: (one: (typeof people)[number]) => number) => people.reduce((total, one) => total + of(one), 0)
  const rows = people.map(
    ([name, hours, gross, deductions]) =>
      markup`<tr><th>${name}</th><td>${hours}</td><td>${money(gross)}</td><td>${money(deductions)}</td><td><b>${money(gross - deductions)}</b></td></tr>`,
  )
  return page({
    title: say.title,
    brand: say.brand,
    language,
    hue: 268,
    body: markup`${signedInAs(received, language)}<h1>${say.title}</h1>
<p class="soft">${say.about}</p>
<section class="card"><table class="figures">
<thead><tr><th>${say.name}</th><td>${say.hours}</td><td>${say.gross}</td><td>${say.deductions}</td><td>${say.net}</td></tr></thead>
<tbody>${rows}</tbody>
<tfoot><tr><th>${say.total}</th><td></td><td>${money(sum(([, , gross]) => gross))}</td><td>${money(sum(([, , , off]) => off))}</td><td><b>${money(sum(([, , gross, off]) => gross - off))}</b></td></tr></tfoot>
</table>
${released === undefined ? markup`<form method="post" action="/"><button>${say.release}</button> <small>${say.when}</small></form>` : markup`<p class="good">${say.released(released)}</p>`}</section>
${identityCard(received, language)}
${receivedCard(received, language)}`,
  })
}
