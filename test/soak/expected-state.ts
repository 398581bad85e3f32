// Expected state at each moment, derived from acknowledgements, and every response that contradicts it.

/** Milliseconds from an acknowledgement until it is effective on every node, and the poll interval. */
const everywhere = 2_000
const slack = 250

export interface ExpectedState {
  /** Acknowledged: allowed from now on, or never again. */
  allowed(key: string): void
  /** Its end has been requested: until acknowledged, both allow and deny are correct. */
  ending(key: string): void
  ended(key: string): void
  /** A request sent at `sentAt` was allowed, or a byte arrived then. */
  passed(key: string, sentAt: number): void
  /** A user with access was denied by policy (401, 403), not because of a fault. */
  refused(key: string, sentAt: number, what: string): void
  granted(id: string): void
  /** Revoked, or about to be. */
  revoked(id: string): void
  /** Grants a node listed, requested at `askedAt`: a slow response says nothing about later grants. */
  seen(ids: ReadonlySet<string>, where: string, askedAt: number): void
  readonly counts: { checked: number; wrongAllows: number; wrongRefusals: number; lostGrants: number; granted: number }
  readonly complaints: readonly string[]
}

export function createExpectedState(): ExpectedState {
  /** Undefined: never allowed. */
  const since = new Map<string, { state: 'allowed' | 'ending' | 'ended'; at: number }>()
  const grants = new Map<string, number>()
  const counts = { checked: 0, wrongAllows: 0, wrongRefusals: 0, lostGrants: 0, granted: 0 }
  const complaints: string[] = []
  const complain = (text: string): void => {
    if (complaints.length < 20) complaints.push(text)
  }
  return {
    counts,
    complaints,
    allowed: (key) => void since.set(key, { state: 'allowed', at: Date.now() }),
    ending: (key) => void since.set(key, { state: 'ending', at: Date.now() }),
    ended: (key) => void since.set(key, { state: 'ended', at: Date.now() }),
    passed(key, sentAt) {
      counts.checked++
      const truth = since.get(key)
      if (truth !== undefined && truth.state !== 'ended') return
      if (truth !== undefined && sentAt - truth.at < everywhere + slack) return
      counts.wrongAllows++
      complain(`passed: ${key}, ${truth === undefined ? 'never allowed' : `${sentAt - truth.at} ms after it ended`}`)
    },
    refused(key, sentAt, what) {
      counts.checked++
      const truth = since.get(key)
      if (truth?.state !== 'allowed' || sentAt - truth.at < everywhere + slack) return
      counts.wrongRefusals++
      complain(`refused: ${key} with ${what}, ${sentAt - truth.at} ms after it was allowed`)
    },
    granted(id) {
      counts.granted++
      grants.set(id, Date.now())
    },
    revoked: (id) => void grants.delete(id),
    seen(ids, where, askedAt) {
      for (const [id, at] of grants) {
        if (ids.has(id) || askedAt - at < everywhere + slack) continue
        counts.lostGrants++
        grants.delete(id)
        complain(`lost: grant ${id}, given ${askedAt - at} ms before, is not on ${where}`)
      }
    },
  }
}
