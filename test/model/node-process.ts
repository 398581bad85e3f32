// A model node as a process that can be killed: executes commands received over IPC.

import { ownIntervals, openModelNode, type ModelNode } from './node.ts'
import type { Answer, Call } from './process-environment.ts'
import { redisConnections } from './redis-environment.ts'

ownIntervals()
const ways = redisConnections(process.argv[2]!)
let ahead = 0
let node: ModelNode | undefined

process.on('message', (call: Call) => {
  perform(call).then(
    (value) => answer({ id: call.id, value }),
    (error: unknown) => answer({ id: call.id, error: String((error as Error).stack ?? error) }),
  )
})
// The parent process has exited.
process.on('disconnect', () => process.exit())

async function perform({ name, args }: Call): Promise<unknown> {
  switch (name) {
    case 'enter':
      ahead = args[1]
      node = await openModelNode(await ways.open(end), () => Date.now() + ahead, args[0])
      return undefined
    case 'pass':
      ahead = args[0]
      return undefined
    case 'leave':
      await node?.leave()
      node = undefined
      return undefined
    default:
      return await Reflect.apply(node![name], node, args)
  }
}

function answer(one: Answer): void {
  process.send!(one)
}

/** Ends at once: no exit handler runs and no buffer is flushed. */
function end(): void {
  process.kill(process.pid, 'SIGKILL')
}
