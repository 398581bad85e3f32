// `If` field of WebDAV (RFC 4918 10.4): rewrites the resources that its tagged lists name.

/** A list in parentheses: conditions on state tokens and entity tags. They may contain what looks like a tag outside. */
const list = /\((?:[^()<>[\]"]|<[^<>]*>|\[(?:[^\]"]|"[^"]*")*\])*\)/y
const tag = /<([^<> ]*)>/y
const blanks = /[\t ]*/y

/** `rewrite` returns undefined for a resource that the field must not name. Undefined: so did it, or the syntax is wrong. */
export function rewriteIfField(field: string, rewrite: (resource: string) => string | undefined): string | undefined {
  let rewritten = ''
  for (let at = 0; at < field.length;) {
    const part = take(blanks, field, at)?.[0] || take(list, field, at)?.[0]
    if (part !== undefined) {
      rewritten += part
      at += part.length
      continue
    }
    const tagged = take(tag, field, at)
    const resource = tagged && rewrite(tagged[1]!)
    if (tagged === null || resource === undefined || resource === null) return undefined
    rewritten += `<${resource}>`
    at += tagged[0].length
  }
  return rewritten
}

function take(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}
