// Whether a process still runs: a zombie that its parent has not reaped does not.

import { readFileSync } from 'node:fs'

/** Where `/proc` is missing, a zombie counts as running. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name in parentheses may contain anything; the state follows it (proc(5)).
    return stat.slice(stat.lastIndexOf(')') + 2)[0] !== 'Z'
  } catch {
    return true
  }
}
