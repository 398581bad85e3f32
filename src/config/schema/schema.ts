// The whole configuration file, and the files it includes; and both as JSON Schema.

import { z } from 'zod'
import { app, conditions, sessionShape } from './app.ts'
import { grant } from './grant.ts'
import { identity } from './identity.ts'
import { consoleShape } from './console.ts'
import { deviceSource, posture, role, schedule } from './named-objects.ts'
import { audit, gateway, limits } from './server.ts'
import { name, oneOrMore, text } from './values.ts'

const apps = z.record(name, app).optional().describe('The apps by name.')
const grants = z.array(grant).optional().describe('Access for a time, declared here.')

export const rootRequired = ['gateway', 'identity', 'apps']

/** What must be there is listed in `required` and checked with the meaning, so that one gap does not hide other mistakes. */
export const mainSchema = z
  .strictObject({
    gateway: gateway.optional(),
    store: text
      .optional()
      .describe(
        'Where sessions live: `redis://`, `rediss://`, `redis+sentinel://h1,h2/name`, `redis+cluster://h1,h2`, `sqlite:FILE` (one node, durable), `memory:` (trying out).',
      )
      .meta({ 'x-default': 'sqlite:einlass.db', 'x-examples': ['env:REDIS_URL'] }),
    identity: identity.optional(),
    session: z.strictObject(sessionShape).optional().describe('How long sessions and decisions live.'),
    networks: z
      .record(name, oneOrMore(text))
      .optional()
      .describe('Named lists of CIDRs.')
      .meta({ 'x-examples': [{ office: ['203.0.113.0/24', '2001:db8::/32'] }] }),
    schedules: z.record(name, schedule).optional().describe('Named windows of time.'),
    roles: z.record(name, role).optional().describe('Named local roles.'),
    sponsors: z
      .strictObject({
        users: oneOrMore(text).optional().describe('E-mail addresses.'),
        roles: oneOrMore(name).optional().describe('Names under `roles`: their `users` that are e-mail addresses.'),
      })
      .optional()
      .describe('Who may answer for a grant. Left out, anybody. A grant whose sponsor is no longer among them ends.')
      .meta({ 'x-examples': [{ users: ['erika@example.com'] }] }),
    devices: z
      .strictObject({
        sources: z.array(deviceSource).optional().describe('Sources in order of trust, best first.'),
        postures: z.record(name, posture).optional().describe('Named requirements for devices.'),
      })
      .optional()
      .describe('Devices.'),
    baseline: conditions
      .optional()
      .describe('Conditions every app requires on top of its own.')
      .meta({ 'x-examples': [{ mfa: true }] }),
    apps,
    grants,
    console: consoleShape.optional(),
    audit: audit.optional(),
    limits: limits.optional(),
    include: oneOrMore(text)
      .optional()
      .describe('Globs relative to this file; from those files `apps` and `grants` are added.')
      .meta({ 'x-examples': [['apps.d/*.yaml']] }),
  })
  .meta({ required: rootRequired, title: 'Einlass configuration' })

export const includeSchema = z.strictObject({ apps, grants }).meta({ title: 'Included file' })

export type MainInput = z.output<typeof mainSchema>
export type IncludeInput = z.output<typeof includeSchema>

export type JsonSchema = { readonly [key: string]: unknown }

/** With everything the reference needs: `x-kind`, `x-later`, `x-prose` (a default in words) beside `default`. */
export function annotatedSchema(schema: z.ZodType = mainSchema): JsonSchema {
  return z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-2020-12',
    unrepresentable: 'any',
    override({ jsonSchema }) {
      // Zod drops `default` and `examples` of what it transforms, because there they would be of the result.
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
  // What is not available yet is marked in the editor as well.
  if ('x-later' in node) entries.push(['not', {}])
  return Object.fromEntries(entries.map(([key, value]) => [key, plain(value)]))
}
