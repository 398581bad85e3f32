// A node of the model in a process of its own, to be killed: does what it is told over the channel it was started with.

import { ownIntervals, openModelNode, type ModelNode } from './node.ts'
import type { Answer, Call } from './process-environment.ts'
import { redisWays } from './redis-environment.ts'

ownIntervals()
const ways = redisWays(process.argv[2]!)
let ahead = 0
let node: ModelNode | undefined

process.on('message', (call: Call) => {
  perform(call).then(
    (value) => answer({ id: call.id, value }),
    (error: unknown) => answer({ id: call.id, error: String((error as Error).stack ?? error) }),
  )
})
// Whoever started it is gone.
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

/** Nothing runs after this, no handler, and no buffer is emptied. */
function end(): void {
  process.kill(process.pid, 'SIGKILL')
}
