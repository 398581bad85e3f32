// Which requests a policy cannot tell apart: the class a decision may be shared within.

/** One question a policy asks of the method or the path. Equal keys ask the same. */
export interface Probe {
  readonly of: 'method' | 'path'
  readonly key: string
  holds(text: string): boolean
}

/** What `actions: [read]` means: safe methods of RFC 9110 section 9.2.1 without TRACE, which no one needs through a gateway. */
export function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
}

/** Asked by everything that treats reading and writing differently. */
export const readProbe: Probe = Object.freeze({ of: 'method', key: 'read', holds: isRead })

/** One character per probe: equal classes mean equal answers to every probe. */
export function classifier(probes: readonly Probe[]): (method: string, path: string) => string {
  const distinct = [...new Map(probes.map((probe) => [`${probe.of} ${probe.key}`, probe])).values()]
  const ofMethod = distinct.filter((probe) => probe.of === 'method')
  const ofPath = distinct.filter((probe) => probe.of === 'path')
  if (distinct.length === 0) return () => ''

  // The usual methods are answered from a table; what else a client sends never grows it.
  const usual = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE', 'CONNECT']
  const table = new Map(usual.map((method) => [method, answers(ofMethod, method)]))
  const classOf = (method: string) => table.get(method) ?? answers(ofMethod, method)
  if (ofPath.length === 0) return classOf
  if (ofMethod.length === 0) return (_method, path) => answers(ofPath, path)
  return (method, path) => `${classOf(method)}/${answers(ofPath, path)}`
}

function answers(probes: readonly Probe[], text: string): string {
  let bits = ''
  for (const probe of probes) bits += probe.holds(text) ? '1' : '0'
  return bits
}
