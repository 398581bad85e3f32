// Path mapping of an app: replaces the public path prefix of a request target by the upstream's, and back in responses.

export interface PathMapping {
  /** '' or such as `/wiki`: never with a slash at its end. */
  readonly publicPrefix: string
  readonly upstreamPrefix: string
  /**
   * Path and optional query as the upstream gets it: the prefix replaced, the rest octet for octet. Undefined: the target
   * is not below the public prefix, or could climb out of the upstream's; respond with 400. Also for a WebDAV
   * `Destination`, whose path must be in the canonical form of a target.
   */
  toUpstream(target: string): string | undefined
  /**
   * An absolute path of the upstream, with query and fragment, as the public one. A path below the public prefix is taken
   * as public. Undefined: below neither. With an empty public prefix the result may begin with `//`: write an origin
   * before it.
   */
  toPublic(path: string): string | undefined
}

/** Undefined where nothing has to be mapped or checked, so that apps without paths pay nothing. */
export function createPathMapping(publicPrefix: string, upstreamPrefix: string): PathMapping | undefined {
  if (publicPrefix === '' && upstreamPrefix === '') return undefined
  const toPublic = (path: string): string | undefined => {
    const end = prefixEnd(path, upstreamPrefix)
    return end === undefined ? undefined : join(publicPrefix, path.slice(end))
  }
  const asPublic = (path: string): string | undefined =>
    publicPrefix !== '' && prefixEnd(path, publicPrefix) !== undefined ? path : undefined
  return {
    publicPrefix,
    upstreamPrefix,
    toUpstream(target) {
      const end = prefixEnd(target, publicPrefix)
      if (end === undefined) return undefined
      const rest = target.slice(end)
      if (mayClimb(rest)) return undefined
      // `//name/path` in the request line can be read as an authority (RFC 3986 4.2).
      if (upstreamPrefix === '' && rest.startsWith('//')) return undefined
      return join(upstreamPrefix, rest)
    },
    // The longer prefix is the more specific one.
    toPublic: (path) =>
      upstreamPrefix.length > publicPrefix.length
        ? (toPublic(path) ?? asPublic(path))
        : (asPublic(path) ?? toPublic(path)),
  }
}

function join(prefix: string, rest: string): string {
  return prefix === '' && rest[0] !== '/' ? `/${rest}` : prefix + rest
}

/**
 * Length of the part of `target` that spells `prefix`, when a segment ends there; undefined: it does not begin so. The
 * part may be percent-encoded: what was matched is what is replaced. An encoded slash is data, not a separator.
 */
function prefixEnd(target: string, prefix: string): number | undefined {
  if (target.startsWith(prefix)) return isSegmentEnd(target, prefix.length) ? prefix.length : undefined
  let at = 0
  for (let i = 0; i < prefix.length; i++) {
    const plain = target[at] === prefix[i]
    if (!plain && !spells(target, at, prefix[i]!)) return undefined
    at += plain ? 1 : 3
  }
  return isSegmentEnd(target, at) ? at : undefined
}

function spells(target: string, at: number, character: string): boolean {
  if (target[at] !== '%' || character === '/' || character === '%') return false
  return Number.parseInt(target.slice(at + 1, at + 3), 16) === character.charCodeAt(0)
}

function isSegmentEnd(target: string, at: number): boolean {
  return at === target.length || /[/?#]/.test(target[at]!)
}

/**
 * A dot segment in any spelling that some upstream resolves: encoded once or more, with path parameters after it (`..;`),
 * with blanks or controls, with backslashes, or full-width. The canonical request has none of the plain ones; a prefix
 * makes the others matter, too, since the server may have more behind other prefixes.
 */
const dotSegment =
  /(?:^|(?:[/\\]|%(?:25)*(?:2f|5c)|%ef%bc%(?:8f|bc)))(?: |%(?:25)*(?:[01][0-9a-f]|20|7f))*(?:(?:\.|%(?:25)*2e|%ef%bc%8e)(?: |%(?:25)*(?:[01][0-9a-f]|20|7f))*){1,2}(?=$|(?:[/\\]|%(?:25)*(?:2f|5c)|%ef%bc%(?:8f|bc))|;|%(?:25)*3b)/i

function mayClimb(rest: string): boolean {
  const mark = rest.indexOf('?')
  const path = mark === -1 ? rest : rest.slice(0, mark)
  return dotSegment.test(path)
}
