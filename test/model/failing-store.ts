// A node's way to the store that breaks in the middle of a chosen write, for good with the node or only this once.

import { StoreUnreachable, type Store } from '../../src/store/store.ts'

/**
 * `before`: the write is never sent. `torn`: only its first bytes are. `sent`: all of it is, and nobody hears what came
 * of it. `after`: it is answered, and that is the last thing that happens. `whenever`: milliseconds from now, whatever
 * is being done then.
 */
export type Moment = 'before' | 'torn' | 'sent' | 'after' | 'whenever'

export interface Breaking {
  readonly moment: Moment
  /** The how many-th write from now on; the first is 1. */
  readonly write: number
  /** How much of it gets through when it is torn. */
  readonly bytes: number
  /** Only for `whenever`. */
  readonly milliseconds: number
  /** Only the connection breaks: the node lives on and connects again. */
  readonly survives: boolean
}

/** The connections a way runs over, where it runs over any. */
export interface Wire {
  /** So many bytes more may go out, and then it is cut. */
  tearAfter(bytes: number): void
  cut(): void
}

export interface Way {
  readonly store: Store
  /** Questions to the store that are not answered yet. */
  underWay(): number
  /** Undefined: nothing breaks any more. */
  breakAt(breaking: Breaking | undefined): void
  /** The write that was not answered: whether it stands, only the store can tell. */
  unanswered(): Write | undefined
  die(): void
}

export interface Write {
  readonly key: string
  readonly value: string
  /** One of many there. */
  readonly member: boolean
}

export async function stands({ key, value, member }: Write, store: Store): Promise<boolean> {
  return member ? (await store.members(key)).includes(value) : (await store.get(key)) === value
}

/** What a node that is dead would be told, if it could hear. */
export class Dead extends Error {}

const writes = new Set(['set', 'add', 'replace', 'remove', 'increment', 'addMember', 'removeMember', 'announce'])

/** `end`: how the node's own process ends, where it has one. */
export function createWay(store: Store, { wire, end }: { readonly wire?: Wire; readonly end?: () => void } = {}): Way {
  let dead = false
  let underWay = 0
  let left = 0
  let armed: Breaking | undefined
  let unanswered: Write | undefined

  function die(): void {
    end?.()
    dead = true
    wire?.cut()
  }

  const lost = (survives: boolean): Error => (survives ? new StoreUnreachable(new Error('cut off')) : new Dead())

  async function breaking(name: string, args: readonly unknown[], call: () => Promise<unknown>): Promise<unknown> {
    const { moment, survives, bytes } = armed!
    armed = undefined
    const over = (): Promise<never> => {
      if (survives) wire?.cut()
      else die()
      return Promise.reject(lost(survives))
    }
    if (moment === 'before') return over()
    if (moment === 'after') return call().then(over, over)
    unanswered = writeOf(name, args)
    if (moment === 'torn') wire?.tearAfter(bytes)
    // A connected socket hands what is written over to the system before this returns: what is cut off is the answer.
    const answer = call()
    if (wire !== undefined) {
      if (survives) wire.cut()
      else die()
    }
    return answer.then(over, over)
  }

  return {
    store: new Proxy(store, {
      get(target, name: keyof Store) {
        const method = target[name]
        if (typeof method !== 'function' || name === 'onHint' || name === 'close') return method
        return async (...args: unknown[]): Promise<unknown> => {
          if (dead) throw new Dead()
          const call = () => Reflect.apply(method, target, args) as Promise<unknown>
          underWay++
          try {
            if (armed === undefined || !writes.has(name) || --left > 0) return await call()
            return await breaking(name, args, call)
          } catch (error) {
            throw dead ? new Dead() : error
          } finally {
            underWay--
          }
        }
      },
    }),
    underWay: () => underWay,
    breakAt(next) {
      armed = next?.moment === 'whenever' ? undefined : next
      left = next?.write ?? 0
      unanswered = undefined
      if (next?.moment === 'whenever') setTimeout(die, next.milliseconds)
    },
    unanswered: () => unanswered,
    die,
  }
}

function writeOf(name: string, args: readonly unknown[]): Write | undefined {
  const value = name === 'replace' ? args[2] : ['add', 'set', 'addMember'].includes(name) ? args[1] : undefined
  return typeof value === 'string' ? { key: String(args[0]), value, member: name === 'addMember' } : undefined
}
