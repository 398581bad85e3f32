// Mutable YAML tree: invalid parts can be removed, and every path still maps to its original position in the file.

import type { TreePath } from './problem.ts'

export interface Tree {
  readonly root: unknown
  /** The original tree. */
  readonly originalRoot: unknown
  at(path: TreePath): unknown
  /** Removes the node at a path of the current tree. The root becomes an empty mapping. */
  remove(path: TreePath): void
  replace(path: TreePath, value: unknown): void
  /** The corresponding path in the original tree: indices shift when a list loses an element. */
  original(path: TreePath): TreePath
  /** Whether a path of the current tree existed in the original tree. */
  existedOriginally(path: TreePath): boolean
}

/** Limit of nodes after alias expansion ("billion laughs"). */
const maxNodes = 500_000

/** Undefined if the tree exceeds the node limit. */
export function createTree(value: unknown): Tree | undefined {
  const budget = { left: maxNodes }
  const originalRoot = copy(value, budget)
  budget.left = maxNodes
  if (originalRoot === tooLarge) return undefined
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
    originalRoot,
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
    existedOriginally: (path) => original(path).reduce(child, originalRoot) !== undefined,
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

/** Deep copy. Aliases share one object; each use becomes a copy, so that removing one leaves the others. */
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
