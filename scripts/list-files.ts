// The list of all files in docs/architecture.md: the first sentence of each, room by room.

import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Sections of the page: `### gateway/: ...` holds the files of that folder, `### The root` those of src/ itself. */
const section = /^### (?:([a-z]+)\/:.*|The root)\n\n(?:- .*\n)*/gm

/** `page` with every list made anew from the files below `src`. */
export function withFileList(page: string, src: URL): string {
  const root = fileURLToPath(src)
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .sort()
  return page.replaceAll(section, (whole: string, room: string | undefined) => {
    const heading = whole.slice(0, whole.indexOf('\n'))
    const own = files.filter((file) => (room === undefined ? !file.includes('/') : file.startsWith(`${room}/`)))
    const lines = own.map((file) => `- \`src/${file}\` ${purposeOf(readFileSync(`${root}/${file}`, 'utf8'))}\n`)
    return `${heading}\n\n${lines.join('')}`
  })
}

/** The first sentence of the comment a file begins with. */
export function purposeOf(text: string): string {
  const comment = /^(?:\/\/|\/\*) ?([^\n]*(?:\n\/\/ [^\n]*)*)/.exec(text)?.[1]?.replaceAll('\n// ', ' ') ?? ''
  return /^.*?\.(?= [A-Z(]|$)/.exec(comment)?.[0] ?? comment
}
