// One is measured, the others are held: what a process does when it is left alone (collecting, shrinking) wants the same core.

import { setTimeout as pause } from 'node:timers/promises'
import type { Started } from './contender.ts'
import { resumeAll, suspendAll } from './processes.ts'

/** Milliseconds in which everybody runs between two measurements: what they do when they are left alone, they do then. */
const breath = 150

/** `all` may contain `target`. */
export async function alone<Value>(
  target: Started,
  all: readonly Started[],
  work: () => Promise<Value>,
): Promise<Value> {
  const others = all.filter((one) => one !== target).flatMap(({ pid, beside = [] }) => [pid, ...beside])
  await pause(breath)
  suspendAll(others)
  try {
    return await work()
  } finally {
    resumeAll(others)
  }
}
