// What the garbage collector is told about a process through which bytes flow.

import { setFlagsFromString } from 'node:v8'

/**
 * Calling it again does nothing.
 *
 * - Every read from a socket makes a buffer outside of the heap that is forgotten a moment later. Left to itself V8 walks
 *   the whole heap for each 64 MB of them; told to, it counts them with the young, where they end with the next small
 *   collection. A third of the CPU of an upload was that (decision 0012).
 * - After a quiet moment V8 leaves the heap so little room that the next rush fills it several times a second, 25 ms
 *   each. It may now grow to twice of what is in use before the old are looked through (decision 0016).
 */
export function setV8Flags(): void {
  setFlagsFromString('--external-memory-accounted-in-global-limit')
  setFlagsFromString('--heap-growing-percent=100')
}
