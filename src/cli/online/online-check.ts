// One check of `einlass check --online`: what was asked, whether it works, the cause and the mend.

import { escapeControls } from '../table.ts'

export interface OnlineCheck {
  /** What was asked: `name HOST`, `certificate HOST`, `provider NAME (ISSUER)`, `upstream APP (ORIGIN)`, `store`, ... */
  readonly name: string
  readonly ok: boolean
  /** What was found, or the cause; empty when there is nothing to say. Never a secret. */
  readonly detail: string
  /** What to do about it. */
  readonly mend?: string | undefined
  /** What a sign-in will request, of a provider. */
  readonly scopes?: readonly string[]
}

/** Clock of a peer, as its `Date` field states it: milliseconds that it is ahead of this machine. */
export interface ClockSample {
  readonly of: string
  readonly ahead: number
}

export interface Asked {
  readonly checks: readonly OnlineCheck[]
  readonly clocks?: readonly ClockSample[]
}

/** Milliseconds that one peer has, whatever it does. */
const limit = 15_000

/** Never rejects, and never takes longer than the limit. */
export async function bounded(name: string, ask: () => Promise<Asked>): Promise<Asked> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Asked>((resolve) => {
    const check = { name, ok: false, detail: `no answer within ${limit / 1000} s`, mend: 'check the network to it' }
    timer = setTimeout(resolve, limit, { checks: [check] })
  })
  try {
    return await Promise.race([ask(), late])
  } catch (error) {
    const { code, message } = error as { readonly code?: unknown; readonly message?: string }
    return { checks: [{ name, ok: false, detail: typeof code === 'string' ? code : (message ?? 'unknown') }] }
  } finally {
    clearTimeout(timer)
  }
}

export function printOnlineCheck({ name, ok, detail, mend }: OnlineCheck): string {
  const said = [detail, mend].filter((text) => text !== undefined && text !== '').map(escapeControls)
  return `${ok ? '✓' : '✗'} ${escapeControls(name)}${said.length === 0 ? '' : `: ${said.join('; ')}`}`
}

/** Undefined for an answer without a usable `Date`. `received`: epoch milliseconds. */
export function clockSample(of: string, date: unknown, received: number): ClockSample | undefined {
  const at = typeof date === 'string' ? Date.parse(date) : Number.NaN
  return Number.isNaN(at) ? undefined : { of, ahead: at - received }
}
