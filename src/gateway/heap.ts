// What the garbage collector is told about a process through which bytes flow.

import { setFlagsFromString } from 'node:v8'

/**
 * Every read from a socket makes a buffer outside of the heap that is forgotten a moment later. Left to itself V8 walks the
 * whole heap for each 64 MB of them; told to, it counts them with the young, where they end with the next small
 * collection. A third of the CPU of an upload was that (decision 0012). Calling it again does nothing.
 */
export function tellCollector(): void {
  setFlagsFromString('--external-memory-accounted-in-global-limit')
}
