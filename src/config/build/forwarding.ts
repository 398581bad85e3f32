// Builds what an app's admin says of its requests and responses: Host, header fields, credentials, timeouts, limits.

import type { App } from '../configuration.ts'
import type { AppInput } from '../schema/app.ts'
import { buildAuthorization, buildIdentity, buildRequestFields } from './app-headers.ts'
import { buildAppLimits, buildHost } from './app-limits.ts'
import { childPlace, type Diagnostics, type Place } from './diagnostics.ts'
import { buildResponseFields } from './response-fields.ts'

type Forwarding = Pick<
  App,
  | 'identityHeaders'
  | 'upstreamHost'
  | 'authorization'
  | 'requestFields'
  | 'responseFields'
  | 'limits'
  | 'connectionAuth'
>

/** `place`: of the app. `origins`: whose pages may read responses with the cookies of a user. */
export function buildForwarding(
  check: Diagnostics,
  place: Place,
  input: AppInput,
  origins: readonly string[],
): Forwarding {
  const { identity, authorization, set } = input.headers ?? {}
  const at = childPlace(place, 'headers')
  const identityHeaders = buildIdentity(check, childPlace(at, 'identity'), identity)
  const credentials = buildAuthorization(check, childPlace(at, 'authorization'), authorization)
  if (credentials !== undefined && input.connection_auth === 'pinned') {
    check.problem(
      childPlace(place, 'connection_auth'),
      'contradicts `headers.authorization`, which replaces the Authorization of clients: NTLM and Negotiate cannot work',
    )
  }
  return {
    identityHeaders,
    upstreamHost: buildHost(input.host),
    authorization: credentials,
    requestFields: buildRequestFields(check, childPlace(at, 'set'), set, identityHeaders),
    responseFields: buildResponseFields(
      check,
      childPlace(place, 'response_headers'),
      input.response_headers ?? {},
      origins,
    ),
    limits: buildAppLimits(check, place, input.timeouts, input.limits),
    // Nothing a client sends in Authorization reaches the app: a challenge could not be answered.
    connectionAuth: credentials === undefined ? (input.connection_auth ?? 'pinned') : 'strip',
  }
}
