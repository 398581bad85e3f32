// Text that `einlass demo` prints: addresses, people, and what to try.

import type { Person } from './people.ts'
import { externals, staff } from './people.ts'
import type { DemoEnvironment } from './stage.ts'
import { never } from '../policy/never.ts'

export interface Colours {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly link: (text: string) => string
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
}

/** ANSI colours; none for pipes, `NO_COLOR` and dumb terminals. */
export function ink(colours: boolean): Colours {
  const paint = (on: number, off: number) => (text: string) => (colours ? `\u001b[${on}m${text}\u001b[${off}m` : text)
  return { bold: paint(1, 22), dim: paint(2, 22), link: paint(36, 39), good: paint(32, 39), bad: paint(31, 39) }
}

/** `took`: start-up time in milliseconds. */
export function introductionText(stage: DemoEnvironment, paint: Colours, took: number): string {
  const { addresses, ports } = stage
  const until = new Date(stage.grantUntil).toTimeString().slice(0, 5)
  const laptopServers = `http://servers.localhost:${ports.laptop}`
  const apps: [string, string, string][] = [
    ['Wiki', addresses.apps.wiki, 'all staff'],
    ['Payroll', addresses.apps.payroll, 'finance, with a second factor'],
    [
      'Machines',
      addresses.apps.machines,
      `production; the technician until ${until}; others on request, for a limited time`,
    ],
    ['Servers', addresses.apps.servers, 'administrators with a passkey, on a company laptop'],
  ]
  const people = [...staff, ...externals].map((person): [string, string, string, string] => [
    person.name,
    person.username,
    person.password,
    factor(person),
  ])
  const wide = Math.max(...apps.map(([, url]) => url.length), addresses.laptop.length)
  return `
  ${paint.bold('Einlass')}  ${paint.dim(`demo, ready in ${(took / 1000).toFixed(1)} s, reachable only from this machine`)}

  ${paint.bold('Start here')}  ${paint.link(addresses.stage)}   ${paint.dim('five scenes; one browser is all of the people')}

  ${heading('Applications', paint)}
${apps.map(([name, url, who]) => `  ${name.padEnd(10)} ${paint.link(url.padEnd(wide))}  ${paint.dim(who)}`).join('\n')}
  ${'Laptop'.padEnd(10)} ${paint.link(addresses.laptop.padEnd(wide))}  ${paint.dim('the same applications, as seen from a company laptop')}

  ${heading('People', paint)}
${people.map(([name, user, password, second]) => `  ${name.padEnd(18)} ${user.padEnd(8)} ${password.padEnd(14)} ${paint.dim(second)}`).join('\n')}

  ${heading('Without the scenes', paint)}
  1  Open ${paint.link(`${addresses.apps.wiki}/page/7`)} and sign in as Erika: you land on page 7, and the wiki shows what
     the gateway told it about you. Open Payroll: access denied, with the reason. All applications: ${paint.link(addresses.gateway)}
  2  Sign in as Ada and open ${paint.link(laptopServers)}: her passkey and the company laptop let her in. Turn off
     disk encryption at ${paint.link(addresses.laptop)} and reload.
  3  Sign in as Vera and sign the review of the machines: ${paint.link(`${addresses.gateway}/admin/reviews`)}

  ${paint.dim('Chrome, Edge and Firefox resolve *.localhost by themselves; Safari and some tools do not (README).')}

  ${paint.dim(`Configuration  ${stage.configurationFile} (applied when saved)`)}
  ${paint.dim(`Audit          ${stage.auditFile}`)}
  ${paint.dim(`Stop           Ctrl+C`)}
`
}

function heading(text: string, paint: Colours): string {
  return paint.bold(text)
}

function factor(person: Person): string {
  switch (person.secondFactor) {
    case 'none':
      return 'no second factor'
    case 'totp':
      return person.email.endsWith('example.com') ? 'second factor: one-time code' : 'external, Partner AG'
    case 'passkey':
      return 'second factor: passkey'
    default:
      return never(person.secondFactor)
  }
}
