// Who plays in the scenes, and which page of which application each of them opens.

import type { demoAddresses } from '../configuration.ts'
import type { FrontPerson, Laptop } from '../laptop.ts'

/** The people with a browser of their own, by user name. */
export const cast: Readonly<Record<string, FrontPerson>> = {
  miro: { provider: 'partner', laptop: false },
  erika: { provider: 'company', laptop: false },
  thomas: { provider: 'company', laptop: false },
  ada: { provider: 'company', laptop: true },
  vera: { provider: 'company', laptop: false },
}

/** Titles of the applications in the configuration of the demo. */
export const titles = { wiki: 'Wiki', payroll: 'Payroll', machines: 'Machines', servers: 'Servers' } as const

/** `PERSON/PLACE`: the address in the browser of that person. */
export function placesOf(
  { apps, gateway }: ReturnType<typeof demoAddresses>,
  { addressFor }: Pick<Laptop, 'addressFor'>,
): Readonly<Record<string, string>> {
  const pages: Readonly<Record<string, string>> = {
    'miro/machines': `${apps.machines}/`,
    'miro/record': `${apps.machines}/?record`,
    'erika/machines': `${apps.machines}/`,
    'erika/approvals': `${gateway}/approvals`,
    'ada/servers': `${apps.servers}/`,
    'thomas/ask': `${gateway}/requests/new?app=machines`,
    'thomas/machines': `${apps.machines}/`,
  }
  return Object.fromEntries(
    Object.entries(pages).map(([place, address]) => [place, addressFor(place.split('/', 1)[0]!, address)]),
  )
}
