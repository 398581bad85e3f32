// Outcomes as a client sees them, in one word, once and over time.

import { setTimeout as pause } from 'node:timers/promises'
import { unexpectedError, type NodeProcess } from '../support/gateway-process.ts'
import type { Asked, Person } from '../support/user-client.ts'
import { must } from './expectation.ts'

/** `200`, or the status and the first reason: `503 store_unreachable`. `broken` when the response was incomplete. */
export async function ask(person: Person, url: string, port: number, asked: Asked = {}): Promise<string> {
  try {
    const { status, body } = await person.ask(url, port, asked)
    if (status === 200) return '200'
    const reason = /"code":"(\w+)"/.exec(body)?.[1]
    return reason === undefined ? String(status) : `${status} ${reason}`
  } catch {
    return 'broken'
  }
}

export interface Poll {
  /** Milliseconds since the start at which the request was sent, and its outcome. */
  readonly answers: readonly (readonly [at: number, seen: string])[]
  /** Distinct outcomes of requests sent from `at` on. */
  from(at: number): string[]
}

/** Sends a request every 100 ms without waiting for earlier responses. */
export async function poll(milliseconds: number, one: () => Promise<string>): Promise<Poll> {
  const began = Date.now()
  const under: Promise<readonly [number, string]>[] = []
  while (Date.now() - began < milliseconds) {
    const at = Date.now() - began
    under.push(one().then((seen) => [at, seen]))
    await pause(100)
  }
  const answers = await Promise.all(under)
  return { answers, from: (at) => [...new Set(answers.filter(([when]) => when >= at).map(([, seen]) => seen))] }
}

/** Repeats the request until the outcome is `wanted`; returns the milliseconds, or throws with the last outcome. */
export async function within(patience: number, wanted: string, one: () => Promise<string>): Promise<string> {
  const began = Date.now()
  for (let seen = ''; ; await pause(50)) {
    seen = await one()
    if (seen === wanted) return `${Date.now() - began} ms`
    must(Date.now() - began < patience, `${seen} instead of ${wanted} after ${patience} ms`)
  }
}

/** Throws when the process has exited or logged an unexpected error. */
export async function healthyWithoutErrors(node: NodeProcess): Promise<string> {
  process.kill(node.pid, 0)
  const found = unexpectedError.exec(node.output())
  must(
    found === null,
    node
      .output()
      .slice(Math.max(0, (found?.index ?? 0) - 100))
      .slice(0, 600),
  )
  return 'alive'
}
