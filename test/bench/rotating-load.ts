// Load that rotates through sessions or apps with each request.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { request } from 'undici'
import type { Started } from './contender.ts'
import type { Environment } from './environment.ts'
import type { Measured } from './load.ts'
import { need, wanted } from './packages.ts'
import { cpuSeconds, run } from './processes.ts'
import { browserHeaders } from './test-user.ts'

export interface Visit {
  readonly host: string
  readonly cookie: string
}

export interface Rotation {
  /** Cycles through the targets for so many seconds. Rejects on a response other than 200. */
  measure(seconds: number): Promise<Measured>
}

export function createRotation(ground: Environment, target: Started, name: string, visits: readonly Visit[]): Rotation {
  const list = join(ground.folder, `${name}.tsv`)
  const script = join(ground.folder, `${name}.lua`)
  writeFileSync(list, visits.map(({ host, cookie }) => `${host}\t${cookie}\n`).join(''))
  const fields = Object.entries(browserHeaders)
    .map(([field, value]) => `["${field}"] = "${value.replaceAll('"', '\\"')}"`)
    .join(', ')
  // wrk counts a redirect to the sign-in as a success.
  writeFileSync(
    script,
    `local hosts, cookies, at = {}, {}, 0
local other = 0
for line in io.lines("${list}") do
  local host, cookie = line:match("^([^\\t]+)\\t(.*)$")
  hosts[#hosts + 1], cookies[#cookies + 1] = host, cookie
end
function init(args)
  at = tonumber(args[1]) or 0
end
local headers = { ${fields} }
function request()
  at = at % #hosts + 1
  headers["Host"], headers["Cookie"] = hosts[at], cookies[at]
  return wrk.format("GET", "/1000", headers)
end
function response(status)
  if status ~= 200 then
    other = other + 1
    if other == 1 then io.write("Wrong answer: " .. status .. "\\n") io.flush() end
  end
end
`,
  )
  /** Position in the rotation: each load continues where the previous one stopped. */
  let asked = 0
  return {
    async measure(seconds) {
      const words = ['-t1', '-c32', `-d${seconds}s`, '--timeout=10s', '--latency', '-s', script]
      const url = `http://127.0.0.1:${target.port}`
      const before = cpuSeconds(target.pid)
      const text = await run(ground.cores.rest, [need(wanted.wrk), ...words, url, '--', String(asked % visits.length)])
      const used = cpuSeconds(target.pid) - before
      const wrong = /Wrong answer[^\n]*|Non-2xx[^\n]*|Socket errors[^\n]*/.exec(text)
      if (wrong !== null) throw new Error(`${wrong[0]}; asked once more: ${await askAgain(url, visits[0]!)}`)
      const requests = Number(/(\d+) requests in/.exec(text)?.[1])
      if (!(requests > 0)) throw new Error('nothing was answered')
      asked += requests
      return { requestsPerSecond: requests / seconds, cpu: (used / requests) * 1e6, p50: Number.NaN, p99: Number.NaN }
    },
  }
}

/** Describes an unexpected response, for the failed row. */
async function askAgain(url: string, { host, cookie }: Visit): Promise<string> {
  try {
    const headers = { ...browserHeaders, Host: host, Cookie: cookie }
    const answer = await request(`${url}/1000`, { headers })
    const text = await answer.body.text()
    return `${answer.statusCode} ${text.slice(0, 100).replaceAll(/\s+/g, ' ')}`
  } catch (error) {
    return String(error)
  }
}
