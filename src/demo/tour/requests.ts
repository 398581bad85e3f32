// The third part of the tour: access that is asked for with a reason, given for less than that, and ends by itself.

import type { GrantRequest } from '../../grants/requests/request.ts'
import type { Grant } from '../../policy/grant.ts'
import { run } from './command.ts'
import { linkOf, problemOf, promise, textOf, told, within } from './evidence.ts'
import type { Cast, Step } from './step.ts'
import { formsOf, type PageResponse } from './client.ts'
import { expect } from './expect.ts'
import type { Watched } from './browser.ts'

/** `meanwhile`: played while the access runs, so that nobody has to wait for its end. */
export function requestSteps({ stage, erika, thomas, now, runCommand }: Cast, meanwhile: readonly Step[]): Step[] {
  const { apps, gateway } = stage.addresses
  const reason = 'Press 4 stands still: its running hours for the insurance'
  let asked = ''
  let socket: Watched | undefined

  /** What the form of a request says when nobody touches it, and the rest as a person would fill it in. */
  async function ask(form: PageResponse, fields: Readonly<Record<string, string>>): Promise<string> {
    const sent = await thomas.client.submit(form, fields, 'reason')
    const { origin, pathname } = sent.url
    const id = /^\/requests\/([\w-]{8,})$/.exec(pathname)?.[1]
    expect(sent.status === 200 && origin === gateway && id !== undefined, 'the page of the new request', told(sent))
    return id
  }

  /** Erika finds it in her list, and gives so many minutes. */
  async function approve(id: string, why: string, minutes: string): Promise<void> {
    const list = await erika.open(`${gateway}/approvals`)
    expect(list.seen.body.includes(`href="/approvals/${id}"`), 'the request in her list', told(list.seen))
    const { seen } = await erika.open(`${gateway}/approvals/${id}`)
    const text = textOf(seen.body)
    expect(text.includes('thomas@example.com') && text.includes(why), 'who asks, and why', text)
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
      says: 'Thomas needs the machines for once: the page that refuses has a button, and he asks, with a reason',
      async play() {
        const { seen: refused } = await thomas.open(`${apps.machines}/`)
        expect(refused.status === 403, '403', told(refused))
        const { seen: form } = await thomas.open(linkOf(refused, 'Ask for access').href)
        const silent = await thomas.client.submit(form, { level: 'full' }, 'reason')
        const missing = textOf(silent.body).includes('Write why you need it.')
        expect(silent.status === 422 && missing, '422, and told that the reason is missing', told(silent))
        expect(formsOf(silent)[0]?.fields['level'] === 'full', 'what he chose, still there', formsOf(silent))
        asked = await ask(silent, { reason })
        return undefined
      },
    },
    {
      says: 'he decides about the machines as well, but not about his own request',
      async play() {
        const body = new URLSearchParams({ act: 'approve', level: 'full', length: '3600000', comment: '' }).toString()
        const seen = await thomas.client.go(`${gateway}/approvals/${asked}`, { method: 'POST', body })
        const sentence = 'This is your own request: somebody else has to decide about it. Nothing was changed.'
        expect(textOf(seen.body).includes(sentence), sentence, textOf(seen.body))
        const still = await thomas.call(`${apps.machines}/`)
        expect(still.status === 403, '403 at the machines still', told(still))
        return problemOf(still).reasons.join(', ')
      },
    },
    {
      says: 'Erika sees who asks and why, and gives him seconds instead of the hour he asked for: the machines open',
      async play() {
        const waiting = await erika.open(`${gateway}/`)
        expect(/One request waits/.test(textOf(waiting.seen.body)), 'told that one waits', textOf(waiting.seen.body))
        await approve(asked, reason, '0.075')
        const { seen } = await thomas.open(`${apps.machines}/`)
        expect(seen.status === 200, '200 at the machines', told(seen))
        socket = await thomas.socket(`${apps.machines}/live`)
        return `${((await untilOf(asked)) - now()) / 1000} s left`
      },
    },
    {
      says: 'with a WebSocket open he asks for more, and is given it: nothing is interrupted',
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
      says: 'Thomas’s access ends at the second it was prolonged to, not before: his WebSocket is cut',
      async play() {
        const until = await untilOf(asked)
        const after = (await within(socket!.ended, Math.max(0, until - now()) + 5000, 'the WebSocket cut')) - until
        expect(after >= 0 && after <= promise, `cut within ${promise} ms after the end`, `${after} ms`)
        return `${after} ms after the end`
      },
    },
    {
      says: 'the next page says so, and offers to ask again',
      async play() {
        const { seen } = await thomas.open(`${apps.machines}/`)
        const text = textOf(seen.body)
        const ended = text.includes('Your access to Machines has ended') && /Your access ended at \d\d:\d\d/.test(text)
        expect(seen.status === 403 && ended, '403: your access has ended, and when', text)
        linkOf(seen, 'Ask again')
        return problemOf(await thomas.call(`${apps.machines}/`)).reasons.join(', ')
      },
    },
  ]
}
