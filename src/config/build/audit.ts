// Builds the audit settings: file, standard output, sinks and their spool.

import { dirname, join } from 'node:path'
import type { AuditSettings, SinkSettings, SpoolSettings } from '../audit-settings.ts'
import { buildSink } from './sinks.ts'
import type { MainInput } from '../schema/schema.ts'
import type { Diagnostics, Place } from './diagnostics.ts'
import { requireKeys, childPlace } from './diagnostics.ts'
import { absolute } from './tls-files.ts'

export async function buildAudit(check: Diagnostics, place: Place, input: MainInput['audit']): Promise<AuditSettings> {
  const file = input?.file
  if (file !== undefined) requireKeys(check, childPlace(place, 'file'), ['path'])
  if (file?.rotate !== undefined && file.rotate < 64 * 1024)
    check.problem(childPlace(place, 'file', 'rotate'), 'must be at least 64KB')
  const path = file?.path === undefined ? undefined : absolute(place, file.path)
  if (input?.stdout === false && path === undefined) {
    check.problem(childPlace(place, 'stdout'), 'audit events need a destination: set `file`, or leave stdout on', 'key')
  }
  const sinks: SinkSettings[] = []
  for (const [index, one] of (input?.sinks ?? []).entries()) {
    const at = childPlace(place, 'sinks', index)
    const sink = await buildSink(check, at, one)
    if (sink === undefined) continue
    if (sink.name === 'file' || sink.name === 'stdout') {
      check.problem(childPlace(at, 'name'), `the name "${sink.name}" is reserved: choose another one`)
    } else if (sinks.some(({ name }) => name.toLowerCase() === sink.name.toLowerCase())) {
      check.problem(at, `duplicate sink name "${sink.name}"`)
    }
    sinks.push(sink)
  }
  return {
    file: path === undefined ? undefined : { path, rotate: file?.rotate ?? 100 * 1024 ** 2, keep: file?.keep ?? 10 },
    stdout: input?.stdout ?? path === undefined,
    spool: buildSpool(check, place, input, path, sinks.length > 0),
    sinks,
  }
}

function buildSpool(
  check: Diagnostics,
  place: Place,
  input: MainInput['audit'],
  auditFile: string | undefined,
  needed: boolean,
): SpoolSettings | undefined {
  const spool = input?.spool
  const at = childPlace(place, 'spool')
  if (spool?.size !== undefined && spool.size < 1024 ** 2) check.problem(childPlace(at, 'size'), 'must be at least 1MB')
  if (spool?.give_up !== undefined && spool.give_up < 60_000)
    check.problem(childPlace(at, 'give_up'), 'must be at least 1m')
  const beside = auditFile === undefined ? undefined : join(dirname(auditFile), 'spool')
  const path = spool?.path === undefined ? beside : absolute(place, spool.path)
  if (!needed) return undefined
  if (path === undefined) {
    check.problem(
      childPlace(place, 'sinks'),
      'requires `spool.path`, the folder of queued messages: without `audit.file` it has no default',
      'key',
    )
    return undefined
  }
  const { count = 10_000, size = 64 * 1024 ** 2, give_up: giveUp = 7 * 86_400_000 } = spool ?? {}
  return { path, count, bytes: size, giveUp }
}
