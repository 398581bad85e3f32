// Environment of the model with nodes as processes on one Redis: killed by SIGKILL at a chosen write or at any moment.

import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { RedisProcess } from '../support/redis.ts'
import type { Rules } from '../grants/requests/environment.ts'
import type { Platform } from './environment.ts'
import type { ModelNode, Outcome } from './node.ts'
import { redisTime } from './redis-environment.ts'

export type Call = { readonly id: number } & (
  | { readonly name: 'enter'; readonly args: readonly [Rules, number] }
  | { readonly name: 'pass'; readonly args: readonly [number] }
  | { readonly name: 'leave'; readonly args: readonly [] }
  | { readonly name: Exclude<keyof ModelNode, 'leave' | 'kill'>; readonly args: readonly unknown[] }
)

export interface Answer {
  readonly id: number
  readonly value?: unknown
  readonly error?: string
}

/** A node process: spare, in use, or exited. */
interface Runner {
  /** Resolves with `gone` when it was killed before replying. Rejects with its error, or when it exited on its own. */
  call(name: Call['name'], ...args: readonly unknown[]): Promise<{ readonly value: unknown } | 'gone'>
  /** Its exit is expected from now on. */
  doom(): void
  kill(): Promise<void>
}

export async function processPlatform(redis: RedisProcess): Promise<Platform> {
  const all = new Set<Runner>()
  const free: Runner[] = []
  const present = new Set<Runner>()
  const time = await redisTime(redis, async (ahead) => {
    await Promise.all([...present].map((runner) => runner.call('pass', ahead)))
  })
  const start = (): void => {
    const runner = startRunner(redis.url)
    all.add(runner)
    free.push(runner)
  }
  for (const _ of [1, 2, 3]) start()

  return {
    ...time,
    // Mostly at a random moment, to find unexpected cases.
    moments: ['whenever', 'whenever', 'whenever', 'whenever', 'before', 'torn', 'sent', 'after'],
    async enter(rules) {
      const runner = free.shift()!
      present.add(runner)
      await runner.call('enter', rules, time.ahead())
      return nodeOf(runner, {
        gone() {
          present.delete(runner)
          all.delete(runner)
          // Starting a process takes time, so start a spare one early.
          start()
        },
        left() {
          present.delete(runner)
          free.push(runner)
        },
      })
    },
    async close() {
      await Promise.all([...all].map((runner) => runner.kill()))
      await time.close()
    },
  }
}

function nodeOf(runner: Runner, over: { gone(): void; left(): void }): ModelNode {
  const act =
    (name: 'ask' | 'approve' | 'deny' | 'withdraw' | 'revoke') =>
    async (...args: readonly unknown[]): Promise<Outcome> => {
      const answer = await runner.call(name, ...args)
      return answer === 'gone' ? 'perhaps' : (answer.value as Outcome)
    }
  async function told<T>(name: Call['name'], ...args: readonly unknown[]): Promise<T> {
    const answer = await runner.call(name, ...args)
    if (answer === 'gone') throw new Error(`command to a killed node: ${name}`)
    return answer.value as T
  }
  return {
    ask: act('ask'),
    approve: act('approve'),
    deny: act('deny'),
    withdraw: act('withdraw'),
    revoke: act('revoke'),
    held: (...args) => told('held', ...args),
    apply: (rules) => told('apply', rules),
    tend: () => told('tend'),
    hear: () => told('hear'),
    quiet: () => told('quiet'),
    async breakAt(breaking) {
      if (breaking?.survives === false) runner.doom()
      if (breaking?.moment === 'whenever') setTimeout(() => void runner.kill(), breaking.milliseconds)
      else await told('breakAt', breaking)
    },
    unanswered: async () => undefined,
    async kill() {
      await runner.kill()
      over.gone()
    },
    async leave() {
      // A failed lifecycle may end with a dead node.
      if ((await runner.call('leave')) === 'gone') over.gone()
      else over.left()
    },
  }
}

function startRunner(url: string): Runner {
  const child = fork(join(import.meta.dirname, 'node-process.ts'), [url], {
    serialization: 'advanced',
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  const pending = new Map<number, { settle(answer: Answer): void; gone(): void }>()
  let doomed = false
  let said = ''
  let calls = 0
  child.stderr!.on('data', (chunk: Buffer) => (said += chunk))
  child.on('error', (error) => (said += String(error)))
  child.on('message', (answer: Answer) => pending.get(answer.id)?.settle(answer))
  // So that an interrupted run leaves no process behind.
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  child.once('exit', () => {
    process.off('exit', kill)
    for (const one of pending.values()) one.gone()
  })

  return {
    call: (name, ...args) =>
      new Promise((resolve, reject) => {
        const id = ++calls
        const gone = (): void => {
          pending.delete(id)
          if (doomed) resolve('gone')
          else reject(new Error(`a node ended by itself: ${said}`))
        }
        if (over(child)) return gone()
        pending.set(id, {
          settle({ value, error }) {
            pending.delete(id)
            if (error === undefined) resolve({ value })
            else reject(new Error(`in a node: ${error}`))
          },
          gone,
        })
        // A write to a process that was just killed fails; its exit event handles that.
        child.send({ id, name, args }, () => {})
      }),
    doom: () => void (doomed = true),
    async kill() {
      doomed = true
      if (over(child)) return
      const exit = once(child, 'exit')
      kill()
      await exit
    },
  }
}

const over = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null
