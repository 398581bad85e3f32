// Request classifier: groups requests that a policy cannot distinguish, so that they share one cached decision.

/** Predicate on the method or the path that a policy evaluates. Equal keys mean equal predicates. */
export type RequestProbe = MethodProbe | PathProbe

export interface MethodProbe {
  readonly of: 'method'
  readonly key: string
  holds(method: string): boolean
}

/** Holds when the path is one of `exact` or begins with one of `prefixes`. */
export interface PathProbe {
  readonly of: 'path'
  readonly key: string
  readonly exact: readonly string[]
  readonly prefixes: readonly string[]
}

/**
 * What `actions: [read]` means: safe methods (RFC 9110 9.2.1) of RFC 9110, 4918 (PROPFIND), 3253 (REPORT), 5323 (SEARCH)
 * and of QUERY, without TRACE, which has no use through a gateway.
 */
const readMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PROPFIND', 'REPORT', 'SEARCH', 'QUERY'])

/** Any other method writes, unknown ones included. */
export function isRead(method: string): boolean {
  return readMethods.has(method)
}

/** Probe of every condition that distinguishes reading from writing. */
export const readProbe: MethodProbe = Object.freeze({ of: 'method', key: 'read', holds: isRead })

/** Requests of equal class have equal results in every probe. */
export function createClassifier(probes: readonly RequestProbe[]): (method: string, path: string) => string {
  const distinct = [...new Map(probes.map((probe) => [`${probe.of} ${probe.key}`, probe])).values()]
  const ofMethod = distinct.filter((probe) => probe.of === 'method')
  const ofPath = distinct.filter((probe) => probe.of === 'path')
  if (distinct.length === 0) return () => ''

  // A fixed table for the usual methods; other methods sent by a client never enlarge it.
  const webdavMethods = ['PROPPATCH', 'MKCOL', 'COPY', 'MOVE', 'LOCK', 'UNLOCK']
  const commonMethods = [...readMethods, 'POST', 'PUT', 'PATCH', 'DELETE', 'CONNECT', ...webdavMethods]
  const table = new Map(commonMethods.map((method) => [method, probeBits(ofMethod, method)]))
  const classOf = (method: string) => table.get(method) ?? probeBits(ofMethod, method)
  if (ofPath.length === 0) return classOf
  const pathClassOf = pathClasses(ofPath)
  if (ofMethod.length === 0) return (_method, path) => pathClassOf(path)
  return (method, path) => {
    const pathClass = pathClassOf(path)
    return pathClass === '' ? classOf(method) : `${classOf(method)}/${pathClass}`
  }
}

/** One character per probe. */
function probeBits(probes: readonly MethodProbe[], method: string): string {
  let bits = ''
  for (const probe of probes) bits += probe.holds(method) ? '1' : '0'
  return bits
}

/**
 * Joined indices of the probes that hold. Costs one look-up per distinct prefix length, independent of the number of
 * rules, as it runs for every request.
 */
function pathClasses(probes: readonly PathProbe[]): (path: string) => string {
  const exact = new Map<string, number[]>()
  const prefixes = new Map<string, number[]>()
  probes.forEach((probe, number) => {
    for (const path of new Set(probe.exact)) addTo(exact, path, number)
    for (const prefix of new Set(probe.prefixes)) addTo(prefixes, prefix, number)
  })
  const lengths = [...new Set([...prefixes.keys()].map((prefix) => prefix.length))].toSorted((a, b) => a - b)
  const names = new Map<readonly number[], string>()
  for (const list of [...exact.values(), ...prefixes.values()]) names.set(list, list.join())

  return (path) => {
    let matched = exact.get(path)
    let several: Set<number> | undefined
    for (const length of lengths) {
      if (length > path.length) break
      const more = prefixes.get(path.slice(0, length))
      if (more === undefined) continue
      if (matched === undefined) matched = more
      else {
        several ??= new Set(matched)
        for (const number of more) several.add(number)
      }
    }
    if (several !== undefined) return [...several].toSorted((a, b) => a - b).join()
    return matched === undefined ? '' : names.get(matched)!
  }
}

function addTo(lists: Map<string, number[]>, key: string, number: number): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [number])
  else list.push(number)
}
