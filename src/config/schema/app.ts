// Schema of `apps`: one application with its rules, public paths and session limits.

import { z } from 'zod'
import { conditions, rule } from './conditions.ts'
import { emergency, requests } from './requests.ts'
import { headersShape } from './app-headers.ts'
import { limitsShape } from './app-limits.ts'
import { addressShape, forwardingShape } from './app-upstreams.ts'
import { methodsShape } from './methods.ts'
import { portalShape } from './organisation.ts'
import { originsShape } from './page-origins.ts'
import { duration, text } from './values.ts'

export const sessionShape = {
  idle: duration.optional().describe('Idle timeout of a session.').meta({ 'x-default': '1h' }),
  lifetime: duration
    .optional()
    .describe('Maximum lifetime of a session, regardless of activity.')
    .meta({ 'x-default': '10h' }),
  revalidate: duration
    .optional()
    .describe('Interval at which a session is revalidated at the provider.')
    .meta({ 'x-default': '5m' }),
  grace: duration
    .optional()
    .describe('How long a session stays valid while the provider or the store is unreachable.')
    .meta({ 'x-default': '0s' }),
  lease: duration
    .optional()
    .describe('Maximum lifetime of one cached decision; at most 5m.')
    .meta({ 'x-default': '60s' }),
  keep_storage: z
    .boolean()
    .optional()
    .describe(
      'Keep what the app stored in the browser (local storage, databases, service workers) after sign-out. Otherwise `Clear-Site-Data: "cache", "storage"` removes it.',
    )
    .meta({ 'x-default': false }),
}

export const appRequired = ['from', 'to', 'policy']

export const app = z
  .strictObject({
    ...addressShape,
    title: text.optional().describe('Display name.').meta({ 'x-prose': 'the name' }),
    owner: text
      .optional()
      .describe('Contact; shown when access is denied.')
      .meta({ 'x-examples': ['it@example.com'] }),
    ...portalShape,
    sensitivity: z
      .enum(['low', 'medium', 'high', 'critical'])
      .optional()
      .describe('Impact of unauthorised access; part of each audit event.')
      .meta({ 'x-default': 'medium' }),
    mode: z
      .enum(['enforce', 'monitor', 'observe'])
      .optional()
      .describe('`monitor` or `observe`: evaluate and record decisions, never block.')
      .meta({ 'x-default': 'enforce' }),
    require: conditions.optional().describe('Conditions every allow rule of this app requires in addition to its own.'),
    policy: z
      .array(rule)
      .optional()
      .describe(
        'Access rules. A matching deny wins; otherwise the first allow that is met; otherwise access is denied.',
      ),
    requests: requests.optional(),
    emergency: emergency.optional(),
    ...headersShape,
    ...limitsShape,
    ...forwardingShape,
    ...methodsShape,
    public: z
      .array(
        z
          .strictObject({
            paths: conditions.shape.paths.describe('Exact paths, or prefixes with a trailing `*`.'),
            methods: conditions.shape.methods.describe('HTTP methods.').meta({ 'x-prose': '`GET` and `HEAD`' }),
          })
          .meta({ required: ['paths'] }),
      )
      .optional()
      .describe('Paths that need no sign-in. All other checks of the request still apply.')
      .meta({ 'x-examples': [[{ paths: ['/webhooks/*'], methods: ['POST'] }]] }),
    ...originsShape,
    session: z.strictObject(sessionShape).optional().describe('Overrides of `session` for this app.'),
  })
  .meta({ required: appRequired })
  .describe('One app.')

export type AppInput = z.output<typeof app>
