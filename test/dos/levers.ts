// Strangers' levers: small inputs that could shut others out. Prints an honest person's request, sign-in and emergency code beside each.

import { setTimeout as pause } from 'node:timers/promises'
import type { NodeProcess } from '../support/gateway-process.ts'
import type { TestEnvironment } from '../support/test-environment.ts'

export interface Lever {
  readonly name: string
  /** A flood of `flood.ts`, or a peer that hangs. */
  readonly by: 'flood' | 'provider'
}

export const levers: readonly Lever[] = [
  { name: 'wrong emergency codes', by: 'flood' },
  { name: 'pending sign-ins', by: 'flood' },
  { name: 'renegotiation', by: 'flood' },
  { name: 'tampered callbacks', by: 'flood' },
  { name: 'hanging provider', by: 'provider' },
]

/** Milliseconds an honest person waits at most. */
const patience = 20_000

/** Status and time of each honest action, or why it failed. */
export interface Outcomes {
  readonly signIn: string
  readonly emergency: string
}

/** From an address no stranger uses; each person is used once. */
export async function honestOutcomes(stage: TestEnvironment, node: NodeProcess, username: string): Promise<Outcomes> {
  const newcomer = stage.person(username)
  try {
    const signIn = await timed(async () => (await newcomer.signIn(`${stage.origin('wiki')}/`, node.port)).status)
    const emergency = await timed(() => useEmergencyCode(stage, node))
    return { signIn, emergency }
  } finally {
    newcomer.close()
  }
}

async function useEmergencyCode(stage: TestEnvironment, node: NodeProcess): Promise<number> {
  const made = await node.cli('emergency', 'create', '--app', 'control', '--for', '60s', '--json')
  const { code } = JSON.parse(made.stdout) as { code: string }
  const somebody = stage.person('somebody')
  try {
    const body = new URLSearchParams({ code, name: 'Honest Person', reason: 'a drill' }).toString()
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' }
    const asked = { method: 'POST', body, headers, page: true, from: '127.0.9.9' }
    return (await somebody.ask(`${stage.gateway}/emergency`, node.port, asked)).status
  } finally {
    somebody.close()
  }
}

async function timed(act: () => Promise<number>): Promise<string> {
  const since = performance.now()
  const late = pause(patience, 'no answer', { ref: false })
  const result = await Promise.race([act().catch((error: Error) => error.message.slice(0, 40)), late])
  return `${result} in ${Math.round(performance.now() - since)} ms`
}
