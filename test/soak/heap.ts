// Live heap of a running node after a full garbage collection, measured over Node's inspector.

import { WebSocket } from 'ws'

export interface Heap {
  /**
   * Bytes in use after a full garbage collection: objects and their external memory. Rejects when the node does not
   * respond within a minute.
   */
  live(): Promise<number>
  close(): void
}

/** Arguments for Node: an inspector on a free loopback port, for the measured node only. */
export const inspectable = ['--inspect=127.0.0.1:0']

const patience = 60_000
const used = '(({ heapUsed, external }) => heapUsed + external)(process.memoryUsage())'

/** `output`: output of the node since its start, which contains the inspector's address. */
export async function watchHeap(output: string): Promise<Heap> {
  const address = /^Debugger listening on (ws:\S+)$/m.exec(output)?.[1]
  if (address === undefined) throw new Error('the node was not started with an inspector')
  const socket = new WebSocket(address, { perMessageDeflate: false, handshakeTimeout: patience })
  const waiting = new Map<number, (answer: Answer) => void>()
  let asked = 0
  socket.on('message', (text) => {
    const answer = JSON.parse(String(text)) as Answer & { readonly id?: number }
    if (answer.id !== undefined) waiting.get(answer.id)?.(answer)
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.on('error', reject)
  })

  async function ask(method: string, params: object = {}): Promise<Answer['result']> {
    const id = ++asked
    let late: NodeJS.Timeout | undefined
    try {
      const answer = await new Promise<Answer>((resolve, reject) => {
        late = setTimeout(() => reject(new Error(`the inspector did not answer ${method}`)), patience)
        waiting.set(id, resolve)
        socket.send(JSON.stringify({ id, method, params }), (error) => error && reject(error))
      })
      if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.message}`)
      return answer.result
    } finally {
      clearTimeout(late)
      waiting.delete(id)
    }
  }

  return {
    async live() {
      await ask('HeapProfiler.collectGarbage')
      const bytes = (await ask('Runtime.evaluate', { expression: used, returnByValue: true }))?.result?.value
      if (typeof bytes !== 'number') throw new Error('the inspector returned no heap size')
      return bytes
    },
    close: () => socket.terminate(),
  }
}

interface Answer {
  readonly result?: { readonly result?: { readonly value?: unknown } }
  readonly error?: { readonly message: string }
}
