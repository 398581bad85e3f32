// Tour: an external technician with a grant, and the end of the grant, which closes all open connections.

import { setTimeout as sleep } from 'node:timers/promises'
import type { ExternalLine } from '../../grants/external/register.ts'
import { run } from './command.ts'
import { problemOf, revocationLimit, describeResponse, within } from './evidence.ts'
import type { TourContext, Step } from './step.ts'
import { expect } from './expect.ts'
import type { LongLivedConnection } from './browser.ts'

export function technicianSteps({ stage, miro, now, runCommand }: TourContext): {
  readonly comes: Step[]
  readonly goes: Step[]
} {
  const { apps } = stage.addresses
  let open: readonly (readonly [string, LongLivedConnection])[] = []
  let grantUntil = 0

  const comes: Step[] = [
    {
      title: 'Miro of Partner AG signs in at his own company; his grant opens the machines, but nothing else',
      async play() {
        const { seen } = await miro.open(`${apps.machines}/`)
        expect(seen.status === 200, '200 at the machines', describeResponse(seen))
        const wiki = await miro.open(`${apps.wiki}/`)
        expect(wiki.seen.status === 403, '403 at the wiki', describeResponse(wiki.seen))
        open = [
          ['WebSocket', await miro.socket(`${apps.machines}/live`)],
          ['event stream', await miro.stream(`${apps.machines}/events`)],
          ['download', await miro.stream(`${apps.machines}/download?mb=500`)],
        ]
        return 'WebSocket, event stream and download open'
      },
    },
    {
      title: 'external users get no grant without a sponsor or for more than 90 days; a register lists all of them',
      async play() {
        const socket = ['--socket', stage.adminSocket]
        const more = ['add', '--who', 'partner|mailto:miro@partner.example', '--app', 'servers', ...socket]
        const alone = await run(runCommand, ['grants', ...more, '--for', '1h'], 1)
        expect(alone.includes('sponsor'), 'rejected: sponsor missing', alone)
        const long = await run(runCommand, ['grants', ...more, '--for', '91d', '--sponsor', 'erika@example.com'], 1)
        expect(long.includes('90 days'), 'rejected: at most 90 days', long)
        const register = JSON.parse(
          await run(runCommand, ['grants', 'external', '--json', ...socket]),
        ) as ExternalLine[]
        const [line] = register
        expect(register.length === 1 && line?.email === miro.person.email, 'only his grant', register)
        const { sponsor, until, contract } = line
        expect(sponsor === 'erika@example.com' && until === stage.grantUntil, 'sponsor and end', line)
        return `sponsor ${sponsor}, contract ${contract}`
      },
    },
  ]

  const goes: Step[] = [
    {
      title:
        'Miro’s grant is shortened in the configuration file to three seconds from now; nothing is interrupted yet',
      async play() {
        grantUntil = now() + 3000
        await stage.endGrantAt(grantUntil)
        const cut = await Promise.race([Promise.any(open.map(([, { ended }]) => ended)), sleep(500, undefined)])
        expect(
          cut === undefined,
          'all three still open',
          `one was closed ${grantUntil - Number(cut)} ms before the end`,
        )
        return undefined
      },
    },
    {
      title: 'his grant ends: WebSocket, event stream and download are cut off',
      async play() {
        const waited = Math.max(0, grantUntil - now()) + 5000
        const late: string[] = []
        for (const [name, watched] of open) {
          const at = await within(watched.ended, waited, `the ${name} closed`)
          const after = at - grantUntil
          expect(after >= 0, `the ${name} open until the end of the grant`, `closed ${-after} ms before it`)
          expect(after <= revocationLimit, `the ${name} closed within ${revocationLimit} ms`, `${after} ms`)
          expect(watched.received() > 0, `data received on the ${name}`, watched.received())
          late.push(`${name} ${after} ms`)
        }
        return `after the end: ${late.join(', ')}`
      },
    },
    {
      title: 'further requests to the machines are denied, with the reason',
      async play() {
        const seen = await miro.call(`${apps.machines}/`)
        const { reasons } = problemOf(seen)
        expect(
          seen.status === 403 && reasons.includes('grant_expired'),
          '403 with grant_expired',
          describeResponse(seen),
        )
        return reasons.join(', ')
      },
    },
  ]

  return { comes, goes }
}
