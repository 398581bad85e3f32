// Reads log and audit lines written during an attack, and checks them for log injection.

import { readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import type { NodeProcess } from '../support/gateway-process.ts'

/** Log and audit lines that are not one JSON object of printable characters. `from`: length of the earlier output. */
export async function brokenLines(node: NodeProcess, from: number, since: number): Promise<string[]> {
  // Audit lines are written in batches.
  await pause(300)
  const audit = (await readFile(node.auditFile, 'utf8')).split('\n').slice(0, -1)
  const log = node.output().slice(from).split('\n').slice(0, -1)
  return [...audit.filter((line) => timeOf(line) >= since - 1000), ...log].filter(isBroken)
}

/** The audit file as text. */
export async function auditText(node: NodeProcess): Promise<string> {
  await pause(300)
  return readFile(node.auditFile, 'utf8')
}

function isBroken(line: string): boolean {
  // C0 except tab, DEL and C1, separators that some parsers treat as line ends, and bidirectional control characters.
  if (/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/.test(line)) return true
  try {
    const value: unknown = JSON.parse(line)
    return typeof value !== 'object' || value === null || Array.isArray(value)
  } catch {
    return true
  }
}

function timeOf(line: string): number {
  const time = /"time":(\d+)/.exec(line)
  return time === null ? Number.POSITIVE_INFINITY : Number(time[1])
}
