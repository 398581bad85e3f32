// Validates OCSF events: against the compiled OCSF 1.8 schema if available, and always against the project's own contract.

import { existsSync, readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { resolve } from 'node:path'

interface Attribute {
  readonly t: string
  readonly req: 'required' | 'recommended' | 'optional'
  readonly profile?: string
  readonly array?: boolean
  readonly enum?: Readonly<Record<string, string>>
  readonly obj?: string
}

interface Shape {
  readonly attributes: Readonly<Record<string, Attribute>>
  readonly constraints?: { readonly at_least_one?: readonly string[]; readonly just_one?: readonly string[] }
}

interface Schema {
  readonly classes: Readonly<Record<string, Shape & { readonly class_uid: number; readonly category_uid: number }>>
  readonly objects: Readonly<Record<string, Shape>>
}

const file = process.env['OCSF_SCHEMA'] ?? resolve(import.meta.dirname, '../../../shared/ocsf/ocsf-1.8.0-subset.json')

/** If false, only the own contract is checked; tests state that in their name. */
export const schemaAtHand = existsSync(file)

const schema: Schema | undefined = schemaAtHand ? (JSON.parse(readFileSync(file, 'utf8')) as Schema) : undefined

/** Every problem as `path: what`; an empty list means valid. */
export function ocsfProblems(event: unknown): string[] {
  if (!isRecord(event)) return ['event: not an object']
  const problems = ownContract(event)
  if (schema !== undefined) problems.push(...schemaProblems(schema, event))
  return problems
}

/** Validates a text of one event per line. */
export function ocsfLineProblems(lines: string): string[] {
  return lines
    .split('\n')
    .slice(0, -1)
    .flatMap((line, index) => ocsfProblems(JSON.parse(line)).map((problem) => `line ${index + 1}: ${problem}`))
}

/** The project's own contract for events, checked with or without the schema. */
function ownContract(event: Record<string, unknown>): string[] {
  const problems: string[] = []
  const need = (path: string, is: (value: unknown) => boolean) => {
    let value: unknown = event
    for (const step of path.split('.')) value = isRecord(value) ? value[step] : undefined
    if (!is(value)) problems.push(`${path}: ${JSON.stringify(value) ?? 'missing'}`)
  }
  const isText = (value: unknown) => typeof value === 'string' && value !== ''
  const isWhole = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0
  need('class_uid', (uid) => [4002, 3002, 3005, 3004, 5019, 2004].includes(uid as number))
  need('type_uid', (uid) => uid === (event['class_uid'] as number) * 100 + (event['activity_id'] as number))
  need('category_uid', (uid) => uid === Math.trunc((event['class_uid'] as number) / 1000))
  need('time', isWhole)
  need('severity_id', isWhole)
  need('metadata.version', (version) => version === '1.8.0')
  need('metadata.product.version', isText)
  need('metadata.uid', (uid) => typeof uid === 'string' && /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/.test(uid))
  need('metadata.sequence', isWhole)
  need('actor.user.name', (name) => typeof name === 'string')
  if (event['class_uid'] === 4002) {
    need('metadata.correlation_uid', (uid) => typeof uid === 'string')
    need('dst_endpoint.svc_name', (name) => typeof name === 'string')
    need('policy.uid', (uid) => typeof uid === 'string')
    need('policy.version', (version) => typeof version === 'string')
    need('unmapped.decision_input.now', (now) => now !== undefined)
    need('http_request.url.query_string', (query) => query === undefined)
    need('http_request.args', (query) => query === undefined)
  }
  return problems
}

function schemaProblems(schema: Schema, event: Record<string, unknown>): string[] {
  const found = Object.entries(schema.classes).find(([, shape]) => shape.class_uid === event['class_uid'])
  if (found === undefined) return [`class_uid: ${String(event['class_uid'])} is no class`]
  const [name, shape] = found
  const problems: string[] = []
  if (event['category_uid'] !== shape.category_uid) problems.push('category_uid: not that of the class')
  const profiles = isRecord(event['metadata']) ? event['metadata']['profiles'] : undefined
  const active = new Set(Array.isArray(profiles) ? (profiles as string[]) : [])
  // The compiled schema has the base event's enums for these two ids, which never contain the values of the class.
  const { class_uid: _class, category_uid: _category, ...attributes } = shape.attributes
  const { class_uid: _c, category_uid: _g, ...rest } = event
  check(schema, { ...shape, attributes }, rest, name, active, problems)
  return problems
}

function check(
  schema: Schema,
  shape: Shape,
  value: Record<string, unknown>,
  path: string,
  profiles: ReadonlySet<string>,
  problems: string[],
): void {
  for (const [name, attribute] of Object.entries(shape.attributes)) {
    const inForce = attribute.profile === undefined || profiles.has(attribute.profile)
    if (inForce && attribute.req === 'required' && value[name] === undefined) problems.push(`${path}.${name}: missing`)
  }
  const { at_least_one: some, just_one: one } = shape.constraints ?? {}
  const present = (names: readonly string[]) => names.filter((name) => value[name] !== undefined).length
  if (some !== undefined && present(some) === 0) problems.push(`${path}: none of ${some.join(', ')}`)
  if (one !== undefined && present(one) !== 1) problems.push(`${path}: not just one of ${one.join(', ')}`)
  for (const [name, item] of Object.entries(value)) {
    const attribute = Object.hasOwn(shape.attributes, name) ? shape.attributes[name] : undefined
    const at = `${path}.${name}`
    if (attribute === undefined) problems.push(`${at}: unknown attribute`)
    else if (attribute.profile !== undefined && !profiles.has(attribute.profile)) {
      problems.push(`${at}: profile ${attribute.profile} is not listed`)
    } else if (name === 'unmapped' && path.indexOf('.') === -1) {
      if (!isRecord(item)) problems.push(`${at}: not an object`)
    } else if (attribute.array === true) {
      if (!Array.isArray(item)) problems.push(`${at}: not a list`)
      else item.forEach((one, index) => checkOne(schema, attribute, one, `${at}[${index}]`, profiles, problems))
    } else checkOne(schema, attribute, item, at, profiles, problems)
  }
}

function checkOne(
  schema: Schema,
  attribute: Attribute,
  value: unknown,
  path: string,
  profiles: ReadonlySet<string>,
  problems: string[],
): void {
  if (attribute.obj !== undefined) {
    const shape = schema.objects[attribute.obj]
    if (!isRecord(value)) problems.push(`${path}: not an object`)
    else if (shape !== undefined) check(schema, shape, value, path, profiles, problems)
    return
  }
  const is = types[attribute.t] ?? types['string_t']!
  if (!is(value)) problems.push(`${path}: ${JSON.stringify(value)} is no ${attribute.t}`)
  else if (attribute.enum !== undefined && !Object.hasOwn(attribute.enum, String(value))) {
    problems.push(`${path}: ${String(value)} is not in the enum`)
  }
}

const isString = (value: unknown): value is string => typeof value === 'string'
const types: Readonly<Record<string, (value: unknown) => boolean>> = {
  string_t: isString,
  integer_t: (value) => Number.isSafeInteger(value),
  long_t: (value) => Number.isSafeInteger(value),
  float_t: (value) => Number.isFinite(value),
  timestamp_t: (value) => Number.isSafeInteger(value),
  boolean_t: (value) => typeof value === 'boolean',
  port_t: (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535,
  ip_t: (value) => isString(value) && isIP(value) !== 0,
  email_t: (value) =>
    isString(value) && /^[a-zA-Z0-9!#$%&'*+\-/=?^_`{|}~.]+@[a-zA-Z0-9-]+\.[a-zA-Z0-9.-]+$/.test(value),
  hostname_t: (value) =>
    isString(value) &&
    /^(([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])\.)*([A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9])$/.test(
      value,
    ),
  json_t: () => true,
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
