// State of an upstream server for `status`: untried, reachable, failing with its cause.

import { expect, test } from 'vitest'
import { createUpstreamServer } from '../../src/proxy/upstream-server.ts'
import { limits } from '../support/proxy-environment.ts'

function server() {
  let at = 1000
  const one = createUpstreamServer('http://127.0.0.1:9', {
    tls: { ca: undefined, cert: undefined, key: undefined, serverName: undefined },
    limits,
    now: () => at,
  })
  return {
    one,
    pass: (time: number) => void (at = time),
    seen: () => ({ state: one.state, since: one.since, cause: one.cause }),
  }
}

test('is untried until something was sent to it', () => {
  const { one, pass, seen } = server()
  expect(seen()).toEqual({ state: 'untried', since: 1000, cause: undefined })
  expect(one.healthy).toBe(true)
  pass(2000)
  one.markHealthy()
  expect(seen()).toEqual({ state: 'reachable', since: 2000, cause: undefined })
  pass(3000)
  one.markHealthy()
  expect(one.since).toBe(2000)
})

test('keeps the time of the first failure and the cause of the last one', () => {
  const { one, pass, seen } = server()
  pass(2000)
  one.markFailed(2500, 'ECONNREFUSED: connect')
  pass(3000)
  one.markFailed(3500, 'ETIMEDOUT: connect')
  expect(seen()).toEqual({ state: 'failing', since: 2000, cause: 'ETIMEDOUT: connect' })
  pass(4000)
  one.markHealthy()
  expect(seen()).toEqual({ state: 'reachable', since: 4000, cause: undefined })
})
