// What an administrator may ask and do at the socket: a table of routes, JSON in and JSON out.

import { emergencyActs } from './emergency-codes.ts'
import { grantActs } from './grants.ts'
import { requestActs } from './requests.ts'
import { reviewActs } from './reviews.ts'
import { sessionActs } from './sessions.ts'
import { done, refused, type Act, type Answered, type Input } from './response.ts'
import type { Parts } from '../../../gateway/dependencies.ts'
import { statusOf, type Running } from '../status.ts'

export { administrator, type Answered } from './response.ts'

export type Administer = (method: string, path: string, input: Input) => Promise<Answered>

const acts: Readonly<Record<string, Act>> = {
  'GET /status': async (parts, input, running) =>
    done(await statusOf(parts, running, input['count_sessions'] !== false)),
  'POST /reload': async (_parts, _input, running) => done(await running.reload()),
  ...sessionActs,
  ...grantActs,
  ...requestActs,
  ...reviewActs,
  ...emergencyActs,
}

/** `path` may carry a query, which counts as input. Rejects only with the unforeseen. */
export async function administer(
  parts: Parts,
  running: Running,
  method: string,
  path: string,
  input: Input,
): Promise<Answered> {
  const [place = '', query = ''] = path.split('?', 2)
  const name = `${method} ${place}`
  const act = Object.hasOwn(acts, name) ? acts[name] : undefined
  if (act === undefined) return refused(404, `there is no "${name}"`)
  return act(parts, query === '' ? input : { ...Object.fromEntries(new URLSearchParams(query)), ...input }, running)
}
