// Audit sink of one worker: writes its event lines to the supervisor over a pipe.

import { Socket } from 'node:net'
import { SinkFailed, type Sink } from '../../audit/sink.ts'

/** Written bytes are in the kernel's pipe buffer: they reach the supervisor even if this process is killed. */
export function createPipeSink(fd: number): Sink {
  const pipe = new Socket({ fd, readable: false, writable: true })
  let broken: unknown
  pipe.on('error', (error) => (broken = error))
  return {
    name: 'supervisor',
    write(lines) {
      if (broken !== undefined) return Promise.reject(new SinkFailed('supervisor', 0, broken))
      return new Promise((resolve, reject) => {
        pipe.write(lines, (error) => (error ? reject(new SinkFailed('supervisor', 0, error)) : resolve()))
      })
    },
    close: () => new Promise((resolve) => pipe.end(() => resolve())),
  }
}
