// The audit of one worker: its lines go to the supervisor, through a pipe of their own.

import { Socket } from 'node:net'
import { SinkFailed, type Sink } from '../../audit/sink.ts'

/** What is written is in the hands of the system: it arrives also when this process is killed. */
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
