// Tour, part 2: revoked access (group removed, session ended, back-channel logout) closes open connections.

import { setTimeout as sleep } from 'node:timers/promises'
import { run } from './command.ts'
import { problemOf, revocationLimit, describeResponse, within } from './evidence.ts'
import type { TourContext, Step } from './step.ts'
import { expect } from './expect.ts'

export function changeSteps({ stage, erika, thomas, now, runCommand }: TourContext): Step[] {
  const { apps } = stage.addresses

  return [
    {
      title: 'a group removed at the provider takes effect at the next revalidation, without a new sign-in',
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
          expect(seen.status === 200 && now() - began < 6000, 'denied within 6 s', describeResponse(seen))
          await sleep(100)
        }
      },
    },
    {
      title: 'an administrator ends Erika’s session: her WebSocket is closed, and she has to sign in again',
      async play() {
        const socket = await erika.socket(`${apps.machines}/live`)
        const ended = now()
        await run(runCommand, ['sessions', 'end', '--user', 'erika@example.com', '--socket', stage.adminSocket])
        const took = (await within(socket.ended, 5000, 'the WebSocket closed')) - ended
        expect(took <= revocationLimit, `closed within ${revocationLimit} ms`, `${took} ms`)
        const seen = await erika.call(`${apps.wiki}/`)
        expect(seen.status === 401, '401', describeResponse(seen))
        return `${Math.max(0, took)} ms`
      },
    },
    {
      title: 'she signs in again; the provider ends her session by back-channel logout, and her event stream is closed',
      async play() {
        const { seen, asked } = await erika.open(`${apps.machines}/`)
        expect(seen.status === 200 && asked.length === 0, '200, by single sign-on', [describeResponse(seen), asked])
        const stream = await erika.stream(`${apps.machines}/events`)
        const began = now()
        const { notified, failed } = await stage.company.endSessions('erika')
        expect(notified > 0 && failed === 0, 'every logout token accepted', { notified, failed })
        const took = (await within(stream.ended, 5000, 'the event stream closed')) - began
        expect(took <= revocationLimit, `closed within ${revocationLimit} ms`, `${took} ms`)
        const after = await erika.open(`${apps.wiki}/`)
        expect(after.asked[0] === 'password', 'the password requested again', [
          describeResponse(after.seen),
          after.asked,
        ])
        return `${Math.max(0, took)} ms`
      },
    },
  ]
}

export function lastSteps({ stage, ada }: TourContext): Step[] {
  const { apps, gateway } = stage.addresses
  return [
    {
      title: 'Ada signs out: her session has ended, at the gateway and at the provider',
      async play() {
        const asked = await ada.open(`${gateway}/sign-out`)
        const { seen } = await ada.continueSignIn(await ada.client.submit(asked.seen))
        expect(
          seen.status === 200 && seen.url.pathname === '/signed-out',
          'the page after sign-out',
          describeResponse(seen),
        )
        const again = await ada.call(`${apps.servers}/`)
        expect(again.status === 401, '401 with the old cookie', describeResponse(again))
        const next = await ada.open(`${apps.wiki}/`)
        expect(next.asked[0] === 'password', 'the password requested again', next.asked)
        return undefined
      },
    },
  ]
}
