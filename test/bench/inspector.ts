// Client of a Node inspector: CPU profile, and memory after a garbage collection.

import { WebSocket } from 'ws'
import type { CpuProfile } from './profile.ts'
import type { Running } from './processes.ts'

export interface Inspector {
  /** CPU profile of the process meanwhile. */
  profile(during: () => Promise<unknown>): Promise<CpuProfile>
  /** Bytes of heap and external memory after a garbage collection. */
  memory(): Promise<{ readonly heap: number; readonly external: number }>
  close(): void
}

/** Argument for Node. */
export const inspected = ['--inspect=127.0.0.1:0']

/** Rejects when `process` was not started with `inspected`. */
export async function openInspector(process: Running): Promise<Inspector> {
  const address = /Debugger listening on (ws:\S+)/.exec(process.output())?.[1]
  if (address === undefined) throw new Error('the process has no inspector')
  const socket = new WebSocket(address, { perMessageDeflate: false, maxPayload: 512 * 1024 ** 2 })
  const waiting = new Map<number, PromiseWithResolvers<never>>()
  let last = 0
  socket.on('message', (data: Buffer) => {
    const { id, result, error } = JSON.parse(data.toString()) as {
      id: number
      result: never
      error?: { message: string }
    }
    if (error === undefined) waiting.get(id)?.resolve(result)
    else waiting.get(id)?.reject(new Error(error.message))
    waiting.delete(id)
  })
  const fail = (why: Error): void => waiting.forEach(({ reject }) => reject(why))
  socket.on('close', () => fail(new Error('the inspector went away')))
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.on('error', reject)
  })

  function call<Result>(method: string, params: object = {}): Promise<Result> {
    const answer = Promise.withResolvers<never>()
    waiting.set(++last, answer)
    socket.send(JSON.stringify({ id: last, method, params }))
    return answer.promise
  }

  return {
    async profile(during) {
      await call('Profiler.enable')
      await call('Profiler.setSamplingInterval', { interval: 250 })
      await call('Profiler.start')
      await during()
      const { profile } = await call<{ profile: CpuProfile }>('Profiler.stop')
      return profile
    },
    async memory() {
      await call('HeapProfiler.enable')
      await call('HeapProfiler.collectGarbage')
      const expression = 'JSON.stringify(process.memoryUsage())'
      const { result } = await call<{ result: { value: string } }>('Runtime.evaluate', { expression })
      const { heapUsed, external } = JSON.parse(result.value) as { heapUsed: number; external: number }
      return { heap: heapUsed, external }
    },
    close: () => socket.terminate(),
  }
}
