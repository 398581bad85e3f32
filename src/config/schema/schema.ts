// Schema of the main configuration file and of included files, also as JSON Schema.

import { z } from 'zod'
import { app, sessionShape } from './app.ts'
import { conditions } from './conditions.ts'
import { grant } from './grant.ts'
import { identity } from './identity.ts'
import { consoleShape } from './console.ts'
import { deviceSource, posture, role, schedule } from './named-objects.ts'
import { organisationShape } from './organisation.ts'
import { audit, gateway, limits } from './server.ts'
import { name, oneOrMore, text } from './values.ts'

const apps = z.record(name, app).optional().describe('Apps by name.')
const grants = z.array(grant).optional().describe('Time-bound access.')

export const rootRequired = ['gateway', 'identity', 'apps']

/**
 * Required keys are `optional()` here, listed in `required` and checked while building, so that a missing key hides no
 * other problem.
 */
export const mainSchema = z
  .strictObject({
    gateway: gateway.optional(),
    organisation: organisationShape.optional(),
    store: text
      .optional()
      .describe(
        'Store of sessions, grants and requests: `redis://`, `rediss://`, `redis+sentinel://h1,h2/name`, `redis+cluster://h1,h2`, `sqlite:FILE` (one node, durable), `memory:` (for evaluation).',
      )
      .meta({ 'x-default': 'sqlite:einlass.db', 'x-examples': ['env:REDIS_URL'] }),
    identity: identity.optional(),
    session: z.strictObject(sessionShape).optional().describe('Lifetimes of sessions and decisions.'),
    networks: z
      .record(name, oneOrMore(text))
      .optional()
      .describe('Named lists of CIDRs.')
      .meta({ 'x-examples': [{ office: ['203.0.113.0/24', '2001:db8::/32'] }] }),
    schedules: z.record(name, schedule).optional().describe('Named time windows.'),
    roles: z.record(name, role).optional().describe('Named local roles.'),
    sponsors: z
      .strictObject({
        users: oneOrMore(text).optional().describe('E-mail addresses.'),
        roles: oneOrMore(name).optional().describe('Names under `roles`: their `users` that are e-mail addresses.'),
      })
      .optional()
      .describe('Permitted sponsors of grants; by default anyone. A grant ends when its sponsor is removed here.')
      .meta({ 'x-examples': [{ users: ['erika@example.com'] }] }),
    devices: z
      .strictObject({
        sources: z.array(deviceSource).optional().describe('Posture sources, most trusted first.'),
        postures: z.record(name, posture).optional().describe('Named device requirements.'),
      })
      .optional()
      .describe('Device posture.'),
    baseline: conditions
      .optional()
      .describe('Conditions every app requires in addition to its own.')
      .meta({ 'x-examples': [{ mfa: true }] }),
    apps,
    grants,
    console: consoleShape.optional(),
    audit: audit.optional(),
    limits: limits.optional(),
    include: oneOrMore(text)
      .optional()
      .describe('Globs relative to this file; `apps` and `grants` of those files are merged.')
      .meta({ 'x-examples': [['apps.d/*.yaml']] }),
  })
  .meta({ required: rootRequired, title: 'Einlass configuration' })

export const includeSchema = z.strictObject({ apps, grants }).meta({ title: 'Included file' })

export type MainInput = z.output<typeof mainSchema>
export type IncludeInput = z.output<typeof includeSchema>

export type JsonSchema = { readonly [key: string]: unknown }

/** JSON Schema with the annotations of the reference: `x-kind`, `x-later`, `x-prose` (a default in words). */
export function annotatedSchema(schema: z.ZodType = mainSchema): JsonSchema {
  return z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-2020-12',
    unrepresentable: 'any',
    override({ jsonSchema }) {
      // Zod drops `default` and `examples` of transformed values: they would describe the output.
      const node = jsonSchema as Record<string, unknown>
      for (const key of ['default', 'examples']) {
        if (!(`x-${key}` in node)) continue
        node[key] = node[`x-${key}`]
        delete node[`x-${key}`]
      }
    },
  }) as JsonSchema
}

/** JSON Schema (2020-12) of the main file, as `einlass schema` prints it. */
export function jsonSchema(schema: z.ZodType = mainSchema): JsonSchema {
  return plain(annotatedSchema(schema)) as JsonSchema
}

function plain(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(plain)
  if (typeof node !== 'object' || node === null) return node
  const entries = Object.entries(node).filter(([key]) => !key.startsWith('x-'))
  // Editors mark keys that are not available yet.
  if ('x-later' in node) entries.push(['not', {}])
  return Object.fromEntries(entries.map(([key, value]) => [key, plain(value)]))
}
