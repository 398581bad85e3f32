// Cost of a sign-in: the whole authorization code flow, one user after the other.

import type { Started } from './contender.ts'
import type { Measured } from './load.ts'
import { cpuSeconds } from './processes.ts'
import { quantile } from './ratios.ts'
import { createVisitor } from './test-user.ts'

/**
 * The duration depends mostly on the provider and the client, which run on shared cores, so the CPU of the proxy is
 * compared.
 */
export async function measureSignIns(target: Started, count: number): Promise<Measured> {
  const signing = target.signing
  if (signing === undefined) throw new Error('this contender has no sign-in')
  const times: number[] = []
  const before = cpuSeconds(target.pid)
  const began = performance.now()
  for (let at = 0; at < count; at++) {
    const visitor = createVisitor(signing)
    try {
      const from = performance.now()
      const seen = await visitor.signIn(`${target.origin}/1000`, target.port)
      times.push(performance.now() - from)
      // Einlass then requires a managed device, which a sign-in alone does not prove.
      if (seen.status !== 200 && seen.status !== 403) throw new Error(`a sign-in ended with ${seen.status}`)
      if (visitor.jar.header(new URL(target.origin)) === undefined) throw new Error('a sign-in ended without a cookie')
    } finally {
      visitor.close()
    }
  }
  const seconds = (performance.now() - began) / 1000
  return {
    requestsPerSecond: count / seconds,
    cpu: ((cpuSeconds(target.pid) - before) / count) * 1e6,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
  }
}
