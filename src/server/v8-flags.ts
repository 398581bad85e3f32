// Sets V8 garbage collector flags for a process that mostly moves bytes between sockets.

import { setFlagsFromString } from 'node:v8'

/**
 * Idempotent.
 *
 * - Each socket read allocates a short-lived buffer outside the heap. By default V8 runs a full collection for every
 *   64 MB of them; counted as part of the heap, they are freed by the next young-generation collection. The full
 *   collections took a third of the CPU of an upload (decision 0012).
 * - After an idle period V8 shrinks the heap limit so far that the next burst causes several collections a second, 25 ms
 *   each. The heap may now grow to twice its live size before an old-generation collection (decision 0016).
 */
export function setV8Flags(): void {
  setFlagsFromString('--external-memory-accounted-in-global-limit')
  setFlagsFromString('--heap-growing-percent=100')
}
