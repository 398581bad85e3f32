// A plain tree from which wrong parts can be cut, so that the rest is still checked, while every path still leads
// back to where it stood in the file.

import type { TreePath } from './problem.ts'

export interface Tree {
  readonly root: unknown
  /** As it was at first. */
  readonly untouched: unknown
  at(path: TreePath): unknown
  /** Cuts what a path of the tree as it is now leads to. The root is emptied instead. */
  remove(path: TreePath): void
  replace(path: TreePath, value: unknown): void
  /** The same place in the tree as it was at first: indices move when a list loses an element. */
  original(path: TreePath): TreePath
  /** Whether the place was there at first, given as a path of the tree as it is now. */
  existed(path: TreePath): boolean
}

/** Nodes a tree may have after aliases are written out. */
const maxNodes = 500_000

/** Undefined when it is larger than any configuration. */
export function createTree(value: unknown): Tree | undefined {
  const budget = { left: maxNodes }
  const untouched = copy(value, budget)
  budget.left = maxNodes
  if (untouched === tooLarge) return undefined
  let root = copy(value, budget)
  const origins = new WeakMap<unknown[], number[]>()

  const original = (path: TreePath): TreePath => {
    let node: unknown = root
    return path.map((step) => {
      const index = typeof step === 'number' && Array.isArray(node) ? (origins.get(node)?.[step] ?? step) : step
      node = child(node, step)
      return index
    })
  }
  return {
    get root() {
      return root
    },
    untouched,
    at: (path) => path.reduce(child, root),
    remove(path) {
      const parent = path.slice(0, -1).reduce(child, root)
      const last = path.at(-1)
      if (last === undefined) root = {}
      else if (Array.isArray(parent) && typeof last === 'number') {
        const origin = origins.get(parent) ?? parent.map((_, index) => index)
        origin.splice(last, 1)
        origins.set(parent, origin)
        parent.splice(last, 1)
      } else if (isRecord(parent)) delete parent[last]
    },
    replace(path, value) {
      const parent = path.slice(0, -1).reduce(child, root)
      const last = path.at(-1)
      if (last === undefined) root = value
      else if (Array.isArray(parent) && typeof last === 'number') parent[last] = value
      else if (isRecord(parent)) parent[last] = value
    },
    original,
    existed: (path) => original(path).reduce(child, untouched) !== undefined,
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function child(node: unknown, step: string | number): unknown {
  if (Array.isArray(node)) return typeof step === 'number' ? node[step] : undefined
  return isRecord(node) && Object.hasOwn(node, step) ? node[step] : undefined
}

const tooLarge = Symbol('too large')

/** Aliases share one object; here every use becomes its own, so that cutting one does not cut the other. */
function copy(value: unknown, budget: { left: number }): unknown {
  if (--budget.left < 0) return tooLarge
  if (Array.isArray(value)) {
    const list: unknown[] = []
    for (const element of value) {
      const copied = copy(element, budget)
      if (copied === tooLarge) return tooLarge
      list.push(copied)
    }
    return list
  }
  if (!isRecord(value)) return value
  const record: Record<string, unknown> = {}
  for (const [key, element] of Object.entries(value)) {
    const copied = copy(element, budget)
    if (copied === tooLarge) return tooLarge
    record[key] = copied
  }
  return record
}
