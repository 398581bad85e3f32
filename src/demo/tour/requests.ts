// Tour, part 3: an access request with a reason, a shorter approval, an extension, and its end.

import type { GrantRequest } from '../../grants/requests/request.ts'
import type { Grant } from '../../policy/grant.ts'
import { run } from './command.ts'
import { linkOf, problemOf, revocationLimit, textOf, describeResponse, within } from './evidence.ts'
import type { TourContext, Step } from './step.ts'
import { formsOf, type PageResponse } from './client.ts'
import { expect } from './expect.ts'
import type { LongLivedConnection } from './browser.ts'

/** `meanwhile`: steps to run while the access lasts, to use the time until its end. */
export function requestSteps(
  { stage, erika, thomas, now, runCommand }: TourContext,
  meanwhile: readonly Step[],
): Step[] {
  const { apps, gateway } = stage.addresses
  const reason = 'Press 4 stands still: its running hours for the insurance'
  let asked = ''
  let socket: LongLivedConnection | undefined

  /** Submits the request form with its defaults and `fields`; returns the request id. */
  async function ask(form: PageResponse, fields: Readonly<Record<string, string>>): Promise<string> {
    const sent = await thomas.client.submit(form, fields, 'reason')
    const { origin, pathname } = sent.url
    const id = /^\/requests\/([\w-]{8,})$/.exec(pathname)?.[1]
    expect(
      sent.status === 200 && origin === gateway && id !== undefined,
      'the page of the new request',
      describeResponse(sent),
    )
    return id
  }

  /** Erika opens the request from her list and approves it for `minutes`. */
  async function approve(id: string, why: string, minutes: string): Promise<void> {
    const list = await erika.open(`${gateway}/approvals`)
    expect(list.seen.body.includes(`href="/approvals/${id}"`), 'the request in her list', describeResponse(list.seen))
    const { seen } = await erika.open(`${gateway}/approvals/${id}`)
    const text = textOf(seen.body)
    expect(text.includes('thomas@example.com') && text.includes(why), 'requester and reason', text)
    const given = { length: 'own', amount: minutes, unit: 'minutes' }
    const done = await erika.client.submit(seen, given, 'length')
    expect(textOf(done.body).includes('Approved.'), 'approved', textOf(done.body))
  }

  async function untilOf(id: string): Promise<number> {
    const socketPath = ['--socket', stage.adminSocket, '--json']
    const { grant } = JSON.parse(await run(runCommand, ['requests', 'show', id, ...socketPath])) as GrantRequest
    const all = JSON.parse(await run(runCommand, ['grants', 'list', ...socketPath])) as Grant[]
    return all.find((one) => one.id === grant)!.until
  }

  return [
    {
      title: 'Thomas needs access to the machines once: from the access denied page he sends a request with a reason',
      async play() {
        const { seen: refused } = await thomas.open(`${apps.machines}/`)
        expect(refused.status === 403, '403', describeResponse(refused))
        const { seen: form } = await thomas.open(linkOf(refused, 'Ask for access').href)
        const withoutReason = await thomas.client.submit(form, { level: 'full' }, 'reason')
        const missing = textOf(withoutReason.body).includes('Enter why you need it')
        expect(
          withoutReason.status === 422 && missing,
          '422 and a message that the reason is missing',
          describeResponse(withoutReason),
        )
        expect(formsOf(withoutReason)[0]?.fields['level'] === 'full', 'his selection preserved', formsOf(withoutReason))
        asked = await ask(withoutReason, { reason })
        return undefined
      },
    },
    {
      title: 'he is an approver for the machines himself, but cannot approve his own request',
      async play() {
        const body = new URLSearchParams({ act: 'approve', level: 'full', length: '3600000', comment: '' }).toString()
        const seen = await thomas.client.go(`${gateway}/approvals/${asked}`, { method: 'POST', body })
        const sentence = 'This is your own request, so someone else has to decide it. Nothing was changed.'
        expect(textOf(seen.body).includes(sentence), sentence, textOf(seen.body))
        const still = await thomas.call(`${apps.machines}/`)
        expect(still.status === 403, 'still 403 at the machines', describeResponse(still))
        return problemOf(still).reasons.join(', ')
      },
    },
    {
      title:
        'Erika sees the requester and the reason, and approves a few seconds instead of the requested hour: he gets in',
      async play() {
        const waiting = await erika.open(`${gateway}/`)
        expect(
          /One request is waiting/.test(textOf(waiting.seen.body)),
          'one waiting request on the portal',
          textOf(waiting.seen.body),
        )
        await approve(asked, reason, '0.075')
        const { seen } = await thomas.open(`${apps.machines}/`)
        expect(seen.status === 200, '200 at the machines', describeResponse(seen))
        socket = await thomas.socket(`${apps.machines}/live`)
        return `${((await untilOf(asked)) - now()) / 1000} s left`
      },
    },
    {
      title: 'with a WebSocket open, he requests an extension and gets it: the connection is not interrupted',
      async play() {
        const page = await thomas.open(`${gateway}/requests/${asked}`)
        const { seen: form } = await thomas.open(linkOf(page.seen, 'Ask for more time').href)
        const before = await untilOf(asked)
        await approve(await ask(form, { reason: 'Nearly done' }), 'Nearly done', '0.02')
        const after = await untilOf(asked)
        expect(after === before + 1200, 'an end 1.2 s later', `${after - before} ms later`)
        return undefined
      },
    },
    ...meanwhile,
    {
      title: 'Thomas’s access ends exactly at the extended time: his WebSocket is closed',
      async play() {
        const until = await untilOf(asked)
        const after = (await within(socket!.ended, Math.max(0, until - now()) + 5000, 'the WebSocket closed')) - until
        expect(
          after >= 0 && after <= revocationLimit,
          `closed within ${revocationLimit} ms after the end`,
          `${after} ms`,
        )
        return `${after} ms after the end`
      },
    },
    {
      title: 'the next page explains that the access has ended, and offers a new request',
      async play() {
        const { seen } = await thomas.open(`${apps.machines}/`)
        const text = textOf(seen.body)
        const ended = text.includes('Your access to Machines has ended') && /Your access ended at \d\d:\d\d/.test(text)
        expect(seen.status === 403 && ended, '403 with the end of the access', text)
        linkOf(seen, 'Ask again')
        return problemOf(await thomas.call(`${apps.machines}/`)).reasons.join(', ')
      },
    },
  ]
}
