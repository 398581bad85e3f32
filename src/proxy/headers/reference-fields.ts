// Response fields that contain URI references: Link, Refresh and Service-Worker-Allowed.

import type { PathMapping } from '../path-mapping.ts'
import type { MapReference } from './public-references.ts'

/** RFC 8288 3: the targets between angle brackets; what stands in quotes is text. */
const target = /"(?:[^"\\]|\\.)*"?|<([^<>]*)>/g

export function mapLink(value: string, map: MapReference): string {
  return value.replace(target, (whole, reference: string | undefined) =>
    reference === undefined ? whole : `<${map(reference.trim())}>`,
  )
}

/** HTML, "shared declarative refresh steps": seconds, then a URL, with or without `url=` and quotes. */
export function mapRefresh(value: string, map: MapReference): string {
  const seconds = /^[\d.]*[;,\s]+/.exec(value)?.[0]
  if (seconds === undefined) return value
  const rest = value.slice(seconds.length)
  const name = /^url\s*=\s*/i.exec(rest)?.[0] ?? ''
  const url = rest.slice(name.length)
  const quote = url[0] === '"' || url[0] === "'" ? url[0] : ''
  const end = quote === '' ? -1 : url.indexOf(quote, 1)
  const reference = url.slice(quote.length, end === -1 ? undefined : end)
  return seconds + name + quote + map(reference) + (end === -1 ? '' : url.slice(end))
}

/**
 * The widest scope of a service worker, below the public path of its app: `/` of an application that does not know it has
 * none is that path. Undefined: not below it.
 */
export function mapWorkerScope(value: string, paths: PathMapping): string | undefined {
  if (!/^\/[A-Za-z0-9\-._~/]*$/.test(value) || /\/\.{1,2}(?:\/|$)/.test(value)) return undefined
  const { publicPrefix, upstreamPrefix } = paths
  const folder = value.endsWith('/') ? value : `${value}/`
  if (`${upstreamPrefix}/`.startsWith(folder) || `${publicPrefix}/`.startsWith(folder)) return `${publicPrefix}/`
  return paths.toPublic(value)
}
