// Schema of `host`, `timeouts` and `limits` of an app.

import { z } from 'zod'
import { duration, size } from './values.ts'

const host = z
  .string({ error: 'expected public, upstream or a host name' })
  .regex(
    /^(?!-)[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*(:[1-9]\d{0,4})?$/,
    'expected public, upstream or a host name such as intern.local',
  )
  .max(253)
  .describe(
    '`Host` of requests to the app. `public`: the one asked for; `upstream`: that of `to`; or a name. `X-Forwarded-Host` is always the public one. An app that compares `Origin` with `Host` needs `public`.',
  )
  .meta({ 'x-default': 'public', 'x-examples': ['upstream', 'intern.local'] })

const timeouts = z
  .strictObject({
    connect: duration
      .optional()
      .describe('Timeout for connecting to the app.')
      .meta({ 'x-prose': '`limits.upstream_connect_timeout`' }),
    headers: duration
      .optional()
      .describe('Timeout for the response header of the app.')
      .meta({ 'x-prose': '`limits.upstream_header_timeout`' }),
    idle: duration
      .optional()
      .describe(
        'Longest silence: of both sides of a WebSocket, of the app in the middle of a response, event streams included, and of the client in an upload.',
      )
      .meta({
        'x-prose': 'WebSocket: `limits.websocket_idle_timeout`; upload: `limits.body_idle_timeout`; response: no limit',
      }),
  })
  .describe('Timeouts of this app, in place of those in `limits`.')

export type TimeoutsInput = z.output<typeof timeouts>

const limits = z
  .strictObject({
    upload: z
      .union([size, z.literal('unlimited')], { error: 'expected a size such as 50MB, or unlimited' })
      .optional()
      .describe('Maximum size of a request body.')
      .meta({ 'x-prose': '`limits.body_bytes`', 'x-examples': ['2GB'] }),
    headers: size
      .optional()
      .describe(
        'Maximum size of target and header fields of a request without cookies, of its cookies by themselves, and of the header of a response.',
      )
      .meta({ 'x-prose': 'requests: `limits.header_bytes`; responses: 64KB', 'x-examples': ['128KB'] }),
  })
  .describe('Limits of this app, in place of those in `limits`.')

export type AppLimitsInput = z.output<typeof limits>

export const limitsShape = { host: host.optional(), timeouts: timeouts.optional(), limits: limits.optional() }
