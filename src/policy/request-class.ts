// Which requests a policy cannot tell apart: the class a decision may be shared within.

/** One question a policy asks of the method or the path. Equal keys ask the same. */
export type RequestProbe = MethodProbe | PathProbe

export interface MethodProbe {
  readonly of: 'method'
  readonly key: string
  holds(method: string): boolean
}

/** Is the path one of `exact`, or does it begin with one of `prefixes`? */
export interface PathProbe {
  readonly of: 'path'
  readonly key: string
  readonly exact: readonly string[]
  readonly prefixes: readonly string[]
}

/** What `actions: [read]` means: safe methods of RFC 9110 section 9.2.1 without TRACE, which no one needs through a gateway. */
export function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
}

/** Asked by everything that treats reading and writing differently. */
export const readProbe: MethodProbe = Object.freeze({ of: 'method', key: 'read', holds: isRead })

/** Equal classes mean equal answers to every probe. */
export function createClassifier(probes: readonly RequestProbe[]): (method: string, path: string) => string {
  const distinct = [...new Map(probes.map((probe) => [`${probe.of} ${probe.key}`, probe])).values()]
  const ofMethod = distinct.filter((probe) => probe.of === 'method')
  const ofPath = distinct.filter((probe) => probe.of === 'path')
  if (distinct.length === 0) return () => ''

  // The usual methods are answered from a table; what else a client sends never grows it.
  const usual = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE', 'CONNECT']
  const table = new Map(usual.map((method) => [method, probeBits(ofMethod, method)]))
  const classOf = (method: string) => table.get(method) ?? probeBits(ofMethod, method)
  if (ofPath.length === 0) return classOf
  const folderOf = pathClasses(ofPath)
  if (ofMethod.length === 0) return (_method, path) => folderOf(path)
  return (method, path) => {
    const folder = folderOf(path)
    return folder === '' ? classOf(method) : `${classOf(method)}/${folder}`
  }
}

/** One character per probe. */
function probeBits(probes: readonly MethodProbe[], method: string): string {
  let bits = ''
  for (const probe of probes) bits += probe.holds(method) ? '1' : '0'
  return bits
}

/**
 * The numbers of the probes that hold. As many look-ups as there are lengths of prefixes, however many rules: every
 * request is asked for its class.
 */
function pathClasses(probes: readonly PathProbe[]): (path: string) => string {
  const exact = new Map<string, number[]>()
  const prefixes = new Map<string, number[]>()
  probes.forEach((probe, number) => {
    for (const path of new Set(probe.exact)) listMatcher(exact, path, number)
    for (const prefix of new Set(probe.prefixes)) listMatcher(prefixes, prefix, number)
  })
  const lengths = [...new Set([...prefixes.keys()].map((prefix) => prefix.length))].toSorted((a, b) => a - b)
  const names = new Map<readonly number[], string>()
  for (const list of [...exact.values(), ...prefixes.values()]) names.set(list, list.join())

  return (path) => {
    let held = exact.get(path)
    let several: Set<number> | undefined
    for (const length of lengths) {
      if (length > path.length) break
      const more = prefixes.get(path.slice(0, length))
      if (more === undefined) continue
      if (held === undefined) held = more
      else {
        several ??= new Set(held)
        for (const number of more) several.add(number)
      }
    }
    if (several !== undefined) return [...several].toSorted((a, b) => a - b).join()
    return held === undefined ? '' : names.get(held)!
  }
}

function listMatcher(lists: Map<string, number[]>, key: string, number: number): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [number])
  else list.push(number)
}
