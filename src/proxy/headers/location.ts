// Location of responses: an upstream's own origin becomes the public one.

/** Public origin of the app and origins of its upstreams, which are rewritten to it. */
export interface LocationMapping {
  readonly to: string
  readonly from: readonly string[]
}

/** An upstream that redirects to its own origin would leak it, and clients could not reach it. */
export function rewriteLocation(value: string, mapLocation: LocationMapping | undefined): string {
  if (mapLocation === undefined || value[0] === '/') return value
  const from = mapLocation.from.find((origin) => value.slice(0, origin.length).toLowerCase() === origin)
  if (from === undefined) return value
  const rest = value.slice(from.length)
  return rest === '' || /^[/?#]/.test(rest) ? mapLocation.to + rest : value
}
