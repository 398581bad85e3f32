// Server-sent events for the page with the scenes: audit lines in words, what each person has open, and the state.

import type { ServerResponse } from 'node:http'
import type { Traffic } from '../front/traffic.ts'
import type { Actions } from './actions.ts'
import type { AuditTail } from './audit-tail.ts'
import { inWords, type AuditContext } from './audit-words.ts'
import { personNames } from './scenes-page.ts'

export interface LiveDependencies {
  readonly audit: AuditTail
  readonly traffic: Traffic
  readonly actions: Actions
  readonly context: AuditContext
  /** Address of a page in the browser of a person. */
  readonly addressFor: (person: string, address: string) => string
  readonly now: () => number
}

/** Milliseconds between two reports of what passes the connections. */
const pace = 200
const recentLines = 30

/** Answers with an event stream that begins with the last lines; ends when the browser leaves. */
export function streamLive(response: ServerResponse, deps: LiveDependencies): void {
  const { audit, traffic, actions, context, addressFor, now } = deps
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  const send = (event: string, data: unknown) => response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  const sendState = () => send('state', { ...actions.state(), now: now() })
  const sendLine = (recorded: object) => {
    const line = inWords(recorded, context)
    if (line !== undefined) send('audit', line)
  }

  let waiting: NodeJS.Timeout | undefined
  const sendPeople = () => {
    waiting = undefined
    const people = personNames.map((person) => {
      const { address, ...open } = traffic.of(person)
      return [person, { ...open, address, url: address && addressFor(person, address) }] as const
    })
    send('people', { ...Object.fromEntries(people), now: now() })
  }

  sendState()
  sendPeople()
  const before = audit.recent().filter((recorded) => inWords(recorded, context) !== undefined)
  for (const recorded of before.slice(-recentLines)) sendLine(recorded)
  send('caught_up', {})
  const undo = [
    audit.listen(sendLine),
    actions.listen(sendState),
    traffic.listen(() => (waiting ??= setTimeout(sendPeople, pace))),
  ]
  response.on('close', () => {
    clearTimeout(waiting)
    for (const step of undo) step()
  })
}
