// The second part of the tour: what was allowed changes, and everything open because of it ends.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from '../cli/command.ts'
import { sessions } from '../cli/sessions.ts'
import { problemOf, told } from './tour-evidence.ts'
import type { Cast, Step } from './step.ts'
import { expect } from './unmet.ts'
import type { Watched } from './visitor.ts'

/** Milliseconds: what docs/security.md promises. */
const promise = 1000

export function changeSteps({ stage, erika, thomas, ada, miro, now }: Cast): Step[] {
  const { apps, gateway } = stage.addresses
  let open: readonly (readonly [string, Watched])[] = []
  let grantUntil = 0

  return [
    {
      says: 'Miro of Partner AG signs in at his own company; his grant opens the machines, and nothing else',
      async play() {
        const { seen } = await miro.open(`${apps.machines}/`)
        expect(seen.status === 200, '200 at the machines', told(seen))
        const wiki = await miro.open(`${apps.wiki}/`)
        expect(wiki.seen.status === 403, '403 at the wiki', told(wiki.seen))
        open = [
          ['WebSocket', await miro.socket(`${apps.machines}/live`)],
          ['event stream', await miro.stream(`${apps.machines}/events`)],
          ['download', await miro.stream(`${apps.machines}/download?mb=500`)],
        ]
        return 'WebSocket, event stream and download open'
      },
    },
    {
      says: 'a group taken away at the provider bites at the next re-validation, without a new sign-in',
      async play() {
        const began = now()
        stage.company.setGroups('thomas', ['staff'])
        for (;;) {
          const seen = await thomas.call(`${apps.payroll}/`)
          if (seen.status === 403) {
            const { reasons } = problemOf(seen)
            expect(reasons.includes('not_in_group'), 'not_in_group', reasons)
            return `${reasons.join(', ')} after ${((now() - began) / 1000).toFixed(1)} s`
          }
          expect(seen.status === 200 && now() - began < 6000, 'denied within 6 s', told(seen))
          await sleep(100)
        }
      },
    },
    {
      says: 'an administrator ends Erika’s session: her WebSocket is cut, and she is asked to sign in',
      async play() {
        const socket = await erika.socket(`${apps.machines}/live`)
        const ended = now()
        await run(sessions, ['end', '--user', 'erika@example.com', '--socket', stage.adminSocket])
        const took = (await within(socket.ended, 5000, 'the WebSocket cut')) - ended
        expect(took <= promise, `cut within ${promise} ms`, `${took} ms`)
        const seen = await erika.call(`${apps.wiki}/`)
        expect(seen.status === 401, '401', told(seen))
        return `${Math.max(0, took)} ms`
      },
    },
    {
      says: 'she comes back; now the provider ends her session and says so (back-channel logout): cut again',
      async play() {
        const { seen, asked } = await erika.open(`${apps.machines}/`)
        expect(seen.status === 200 && asked.length === 0, '200, still signed in at the provider', [told(seen), asked])
        const stream = await erika.stream(`${apps.machines}/events`)
        const began = now()
        const { notified, failed } = await stage.company.endSessions('erika')
        expect(notified > 0 && failed === 0, 'every logout token accepted', { notified, failed })
        const took = (await within(stream.ended, 5000, 'the event stream cut')) - began
        expect(took <= promise, `cut within ${promise} ms`, `${took} ms`)
        const after = await erika.open(`${apps.wiki}/`)
        expect(after.asked[0] === 'password', 'asked for the password again', [told(after.seen), after.asked])
        return `${Math.max(0, took)} ms`
      },
    },
    {
      says: 'his grant is shortened in the configuration file, to three seconds from now; nothing is interrupted yet',
      async play() {
        grantUntil = now() + 3000
        await stage.endGrantAt(grantUntil)
        const cut = await Promise.race([Promise.any(open.map(([, { ended }]) => ended)), sleep(500, undefined)])
        expect(cut === undefined, 'all three still open', `one was cut ${grantUntil - Number(cut)} ms before the end`)
        return undefined
      },
    },
    {
      says: 'Miro’s grant ends: WebSocket, event stream and download are cut in the middle',
      async play() {
        const waited = Math.max(0, grantUntil - now()) + 5000
        const late: string[] = []
        for (const [name, watched] of open) {
          const at = await within(watched.ended, waited, `the ${name} cut`)
          const after = at - grantUntil
          expect(after >= 0, `the ${name} open until the end of the grant`, `cut ${-after} ms before it`)
          expect(after <= promise, `the ${name} cut within ${promise} ms`, `${after} ms`)
          expect(watched.heard() > 0, `something heard on the ${name}`, watched.heard())
          late.push(`${name} ${after} ms`)
        }
        return `after the end: ${late.join(', ')}`
      },
    },
    {
      says: 'and the machines stay shut for him, with the reason',
      async play() {
        const seen = await miro.call(`${apps.machines}/`)
        const { reasons } = problemOf(seen)
        expect(seen.status === 403 && reasons.includes('grant_expired'), '403 with grant_expired', told(seen))
        return reasons.join(', ')
      },
    },
    {
      says: 'Ada signs out: her cookie opens nothing any more, here and at the provider',
      async play() {
        const asked = await ada.open(`${gateway}/sign-out`)
        const { seen } = await ada.goOn(await ada.client.submit(asked.seen))
        expect(seen.status === 200 && seen.url.pathname === '/signed-out', 'the page after sign-out', told(seen))
        const again = await ada.call(`${apps.servers}/`)
        expect(again.status === 401, '401 with the old cookie', told(again))
        const next = await ada.open(`${apps.wiki}/`)
        expect(next.asked[0] === 'password', 'asked for the password again', next.asked)
        return undefined
      },
    },
  ]
}

/** Runs one of our own commands as the command line would. */
async function run(command: Command, args: readonly string[]): Promise<void> {
  let said = ''
  const hear = (text: string) => void (said += text)
  const code = await command(args, { stdout: hear, stderr: hear, env: {}, cwd: '/' })
  expect(code === 0, `einlass ${args.slice(0, 3).join(' ')} to succeed`, said)
}

async function within(ended: Promise<number>, limit: number, what: string): Promise<number> {
  const late = Symbol('late')
  const first = await Promise.race([ended, sleep(limit, late, { ref: false })])
  expect(first !== late, `${what} within ${limit} ms`, 'still open')
  return first as number
}
