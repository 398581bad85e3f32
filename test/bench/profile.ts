// V8 CPU profile as a call tree, and as a table of time by folder or module.

/** Format of `--cpu-prof` and the inspector; times in microseconds. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
    readonly children?: readonly number[]
  }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

export interface Frame {
  readonly name: string
  /** Owner of the code: a folder of src, a module of Node, a package, or the runtime. */
  readonly room: string
  /** Microseconds including callees. */
  readonly total: number
  /** Microseconds without callees. */
  readonly self: number
  readonly children: readonly Frame[]
}

/** Without idle time. Recursive calls and calls from several places are separate nodes. */
export function treeOf(profile: CpuProfile): Frame {
  const byId = new Map(profile.nodes.map((node) => [node.id, node]))
  const selfOf = new Map<number, number>()
  profile.samples.forEach((id, at) => selfOf.set(id, (selfOf.get(id) ?? 0) + Math.max(0, profile.timeDeltas[at] ?? 0)))

  const build = (ids: readonly number[], above: string): Frame[] => {
    // One node per function: V8 has one per function and deoptimisation.
    const groups = Map.groupBy(ids, (id) => {
      const { functionName, url, lineNumber } = byId.get(id)!.callFrame
      return `${functionName} ${url} ${lineNumber}`
    })
    return [...groups.values()]
      .map((group): Frame => {
        const { functionName, url, lineNumber } = byId.get(group[0]!)!.callFrame
        const room = roomOf(functionName, url) ?? above
        const children = build(
          group.flatMap((id) => byId.get(id)!.children ?? []),
          room,
        )
        const self = group.reduce((sum, id) => sum + (selfOf.get(id) ?? 0), 0)
        const file = url === '' ? '' : ` ${url.replace(/^.*\/(?=[^/]*\/[^/]*$)/, '')}:${lineNumber + 1}`
        return {
          name: `${functionName || '(anonymous)'}${file}`,
          room,
          self,
          total: self + children.reduce((sum, child) => sum + child.total, 0),
          children,
        }
      })
      .filter(({ name, total }) => total > 0 && !name.startsWith('(idle)'))
      .toSorted((a, b) => b.total - a.total)
  }
  const root = byId.get(profile.nodes[0]!.id)!
  const children = build(root.children ?? [], 'runtime')
  return { name: 'all', room: 'all', self: 0, total: children.reduce((sum, { total }) => sum + total, 0), children }
}

export interface Share {
  readonly room: string
  /** Part of the whole, 0 to 1, without callees. */
  readonly share: number
  /** The most expensive functions. */
  readonly most: readonly { readonly name: string; readonly share: number }[]
}

export function sharesOf(tree: Frame, most = 3): Share[] {
  const rooms = new Map<string, Map<string, number>>()
  const visit = (frame: Frame): void => {
    const names = rooms.getOrInsertComputed(frame.room, () => new Map<string, number>())
    if (frame.self > 0) names.set(frame.name, (names.get(frame.name) ?? 0) + frame.self)
    frame.children.forEach(visit)
  }
  tree.children.forEach(visit)
  return [...rooms]
    .map(([room, names]) => ({
      room,
      share: names.values().reduce((sum, one) => sum + one, 0) / tree.total,
      most: [...names]
        .toSorted(([, a], [, b]) => b - a)
        .slice(0, most)
        .map(([name, self]) => ({ name, share: self / tree.total })),
    }))
    .filter(({ share }) => share > 0)
    .toSorted((a, b) => b.share - a.share)
}

/** Undefined: native code, which is attributed to its caller. */
function roomOf(name: string, url: string): string | undefined {
  if (name === '(garbage collector)') return 'garbage collection'
  if (name === '(program)') return 'runtime: reading, polling, parsing'
  // The only WebAssembly is llhttp, the response parser of undici.
  if (url.startsWith('wasm:') || /wasm-to-js|js-to-wasm/.test(name)) return 'undici'
  const own = /\/(src\/[^/]+)\//.exec(url)?.[1]
  const packaged = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1]
  if (packaged !== undefined) return packaged
  if (own !== undefined) return own
  if (/\/src\/[^/]+\.ts$/.test(url)) return 'src'
  const internal = /^node:(?:internal\/)?([^/]+)/.exec(url)?.[1]
  if (internal === undefined) return url === '' ? undefined : 'other'
  return `node:${families[internal.replace(/^_/, '')] ?? internal.replace(/^_/, '').replace(/_.*/, '')}`
}

/** Internal files of Node by the module they belong to. */
const families: Readonly<Record<string, string>> = {
  http_incoming: 'http',
  http_outgoing: 'http',
  http_server: 'http',
  http_common: 'http',
  streams: 'stream',
  stream_base_commons: 'net',
  process: 'process (ticks, promises)',
  async_hooks: 'process (ticks, promises)',
  priority_queue: 'timers',
  linkedlist: 'timers',
}
