// Isolation: while one contender is measured, the others are stopped (SIGSTOP), since idle work such as garbage collection uses the same core.

import { setTimeout as pause } from 'node:timers/promises'
import type { Started } from './contender.ts'
import { resumeAll, suspendAll } from './processes.ts'

/** Milliseconds between two measurements in which all processes run, for their idle work. */
const breath = 150

/** `all` may contain `target`. */
export async function isolated<Value>(
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
