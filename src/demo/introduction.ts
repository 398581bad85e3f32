// What `einlass demo` prints: where to go, as whom, and what to try.

import type { Person } from './people.ts'
import { externals, staff } from './people.ts'
import type { Stage } from './stage.ts'
import { never } from '../policy/never.ts'

export interface Ink {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly link: (text: string) => string
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
}

/** ANSI colours, or none: for pipes, `NO_COLOR` and terminals that have none. */
export function ink(colours: boolean): Ink {
  const paint = (on: number, off: number) => (text: string) => (colours ? `\u001b[${on}m${text}\u001b[${off}m` : text)
  return { bold: paint(1, 22), dim: paint(2, 22), link: paint(36, 39), good: paint(32, 39), bad: paint(31, 39) }
}

/** `took`: milliseconds. */
export function introduce(stage: Stage, paint: Ink, took: number): string {
  const { addresses, ports } = stage
  const until = new Date(stage.grantUntil).toTimeString().slice(0, 5)
  const laptopServers = `http://servers.localhost:${ports.laptop}`
  const apps: [string, string, string][] = [
    ['Wiki', addresses.apps.wiki, 'the whole staff'],
    ['Payroll', addresses.apps.payroll, 'finance, with a second factor'],
    ['Machines', addresses.apps.machines, `production; the technician until ${until}; others for a while, on request`],
    ['Servers', addresses.apps.servers, 'administrators, with a passkey, from a company laptop'],
  ]
  const people = [...staff, ...externals].map((person): [string, string, string, string] => [
    person.name,
    person.username,
    person.password,
    factor(person),
  ])
  const wide = Math.max(...apps.map(([, url]) => url.length), addresses.laptop.length)
  return `
  ${paint.bold('Einlass')}  ${paint.dim(`the demo, ready in ${(took / 1000).toFixed(1)} s, for this machine only`)}

  ${paint.bold('Start here')}  ${paint.link(addresses.gateway)}

  ${heading('Applications', paint)}
${apps.map(([name, url, who]) => `  ${name.padEnd(10)} ${paint.link(url.padEnd(wide))}  ${paint.dim(who)}`).join('\n')}
  ${'Laptop'.padEnd(10)} ${paint.link(addresses.laptop.padEnd(wide))}  ${paint.dim('the same addresses, as from a company laptop')}

  ${heading('People', paint)}
${people.map(([name, user, password, second]) => `  ${name.padEnd(18)} ${user.padEnd(8)} ${password.padEnd(14)} ${paint.dim(second)}`).join('\n')}

  ${heading('Four things to try', paint)}
  1  Open ${paint.link(`${addresses.apps.wiki}/page/7`)} and be Erika: you end on page 7, and the wiki shows
     what it was told about you. Then open Payroll: refused, with the reason. Sign out, be Thomas: one code more, and in.
  2  Sign out, be Ada and open Servers: refused, because of the device. The same page from the company laptop,
     ${paint.link(laptopServers)}: in, with her passkey. Turn off its disk encryption at ${paint.link(addresses.laptop)}, reload.
  3  In another browser, be Miro (${paint.dim('Partner AG')}) and open Machines. Leave it open until ${until}: the grant ends,
     and with it the WebSocket, the event stream and any download, in the middle.
  4  Sign out, be Thomas and open Machines: refused, with a button. Ask for full access, say why. In the other browser be
     Erika (${paint.dim(addresses.gateway)}): one request waits. Give him a minute, and watch it end. Ada need not ask in an emergency.

  ${paint.dim(`Configuration  ${stage.configurationFile} (applied when saved)`)}
  ${paint.dim(`Audit          ${stage.auditFile}`)}
  ${paint.dim(`Stop           Ctrl+C`)}
`
}

function heading(text: string, paint: Ink): string {
  return paint.bold(text)
}

function factor(person: Person): string {
  switch (person.secondFactor) {
    case 'none':
      return 'no second factor'
    case 'totp':
      return person.email.endsWith('example.com') ? 'second factor: code on the telephone' : 'external, Partner AG'
    case 'passkey':
      return 'second factor: passkey'
    default:
      return never(person.secondFactor)
  }
}
