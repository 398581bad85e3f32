// Fault injection: the clock jumps forward past the end of sessions and grants, and back before a revocation.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePorts } from '../../src/demo/listen.ts'
import { callApi } from '../../src/cli/admin-client.ts'
import { startGateway } from '../../src/server/start-gateway.ts'
import { unexpectedError } from '../support/gateway-process.ts'
import { startTestEnvironment } from '../support/test-environment.ts'
import type { Person } from '../support/user-client.ts'
import { ask, poll, within } from './client-outcome.ts'
import { must, type FaultGroup } from './expectation.ts'

const hour = 3_600_000

/** The gateway runs in this process, with a clock injected; everything around it is real. */
export const clockFaults: FaultGroup = {
  name: 'clock',
  async run(promised) {
    const stage = await startTestEnvironment({
      apps: {
        wiki: { policy: [{ allow: { groups: ['staff'] } }] },
        erp: { policy: [{ allow: { grant: 'required' } }] },
      },
      // The provider's clock does not jump: re-validation is not under test here.
      more: () => ({
        session: { idle: '1h', lifetime: '10h', revalidate: '10h' },
        limits: { sign_ins_per_minute: 100_000 },
      }),
    })
    const undo: (() => unknown)[] = [() => stage.stop()]
    try {
      const first = await stage.startNode('first')
      const [port] = (await freePorts(1)) as [number]
      const text = JSON.parse(await readFile(first.configurationFile, 'utf8')) as { gateway: object; audit: object }
      const file = join(stage.folder, 'jumping.yaml')
      const socket = join(stage.folder, 'jumping.sock')
      const gateway = { ...text.gateway, listen: [{ address: `127.0.0.1:${port}` }], admin_socket: socket }
      await writeFile(
        file,
        JSON.stringify({ ...text, gateway, audit: { file: { path: join(stage.folder, 'jumping.jsonl') } } }),
      )
      let offset = 0
      const log: string[] = []
      const started = await startGateway({
        file,
        env: {},
        logLevel: 'error',
        logDestination: { write: (line: string) => void log.push(line) },
        now: () => Date.now() + offset,
      })
      must(started.state === 'started', JSON.stringify(started))
      undo.push(() => started.gateway.stop(1_000))
      const jump = (by: number): void => void (offset = by)
      const wiki = stage.origin('wiki')
      const erp = stage.origin('erp')
      const [erika, thomas, ada, miro] = (['erika', 'thomas', 'ada', 'miro'] as const).map((name) =>
        stage.person(name),
      ) as [Person, Person, Person, Person]
      await erika.signIn(wiki, port)
      await thomas.signIn(wiki, port)
      await ada.signIn(wiki, port)
      await miro.signIn(wiki, port)
      const grant = await callApi(socket, 'POST', '/grants', {
        who: 'company|miro',
        app: 'erp',
        until: Date.now() + hour / 4,
      })
      must(grant.status === 200, JSON.stringify(grant))
      await miro.signIn(erp, port)
      const open = await miro.socket(`${erp}/live`, port)

      const forward = 'clock jumps forward by 30 min'
      let since = Date.now()
      jump(hour / 2)
      await pause(1_500)
      await promised(forward, 'connections of an expired grant are cut within 1 s', async () => {
        must(open.endedAt() !== undefined, 'the WebSocket is still open')
        must(open.lastAt() - since < 1_000, `last byte after ${open.lastAt() - since} ms`)
        return `${open.lastAt() - since} ms`
      })
      await promised(forward, 'and new requests denied', async () => {
        const seen = await ask(miro, erp, port)
        must(/^403 grant_(expired|required)$/.test(seen), seen)
        return seen
      })
      await promised(forward, 'other users keep access', () => within(2_000, '200', () => ask(erika, wiki, port)))

      const ended = await callApi(socket, 'POST', '/sessions/end', { user: 'thomas@example.com' })
      must(ended.status === 200, JSON.stringify(ended))
      const back = 'clock jumps back by 90 min'
      since = Date.now()
      jump(-hour)
      const [theirs, hers, his] = await Promise.all([
        poll(3_000, () => ask(thomas, wiki, port)),
        poll(3_000, () => ask(erika, wiki, port)),
        poll(3_000, () => ask(miro, wiki, port)),
      ])
      await promised(back, 'an ended session stays ended', async () => {
        must(
          theirs.from(0).every((one) => one.startsWith('401') || one.startsWith('503')),
          theirs.from(0).join(', '),
        )
        return theirs.from(0).join(', ')
      })
      await promised(back, 'users without access do not gain it', async () => {
        must(!his.from(0).includes('200'), his.from(0).join(', '))
        return his.from(0).join(', ')
      })
      await promised(back, 'users with access have it again within 2 s', async () => {
        must(hers.from(2_000).join() === '200', hers.from(0).join(', '))
        return hers.from(0).join(', ')
      })
      await promised(back, 'a session ended meanwhile stays ended when the clock is correct again', async () => {
        must(
          (await callApi(socket, 'POST', '/sessions/end', { user: 'ada@example.com' })).status === 200,
          'it could not be ended',
        )
        jump(0)
        const seen = await poll(2_000, () => ask(ada, wiki, port))
        must(
          seen.from(0).every((one) => one.startsWith('401') || one.startsWith('503')),
          seen.from(0).join(', '),
        )
        return seen.from(0).join(', ')
      })

      const beyond = 'clock jumps forward by a day'
      jump(0)
      await within(3_000, '200', () => ask(erika, wiki, port))
      const live = await erika.socket(`${wiki}/live`, port)
      since = Date.now()
      jump(24 * hour)
      await pause(1_500)
      await promised(beyond, 'sessions have expired, open connections are cut within 1 s', async () => {
        must(
          live.endedAt() !== undefined && live.lastAt() - since < 1_000,
          `last byte after ${live.lastAt() - since} ms`,
        )
        const seen = await ask(erika, wiki, port)
        must(seen.startsWith('401'), seen)
        return `${live.lastAt() - since} ms, then ${seen}`
      })
      jump(0)
      await promised(beyond, 'with the correct time users can sign in', async () => {
        const again = stage.person('erika')
        must((await again.signIn(wiki, port)).status === 200, 'sign-in fails')
        return within(3_000, '200', () => ask(again, wiki, port))
      })
      await promised('clock, all of these', 'the gateway logged no unexpected error', async () => {
        const found = log.find((line) => unexpectedError.test(line))
        must(found === undefined, String(found))
      })
    } finally {
      for (const step of undo.toReversed()) await step()
    }
  },
}
