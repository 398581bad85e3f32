// The command of the service unit: Node with its flags, the program and its arguments. One place for unit, image and tests.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './bundle.ts'

export const bundlePath = '/usr/lib/einlass/dist/einlass.mjs'

export interface ServiceCommand {
  readonly node: string
  /** Flags of Node, up to the program. */
  readonly flags: readonly string[]
  /** Arguments of the program. */
  readonly args: readonly string[]
}

/** `unit`: text of a unit; default: that of the project. */
export function serviceCommand(unit = readFileSync(join(root, 'deploy/einlass.service'), 'utf8')): ServiceCommand {
  // Lines continued by a backslash are one.
  const [node, ...words] = /^ExecStart=(.*)$/m.exec(unit.replaceAll(/\\\n\s*/g, ''))![1]!.split(/\s+/)
  const at = words.indexOf(bundlePath)
  if (node === undefined || at < 0) throw new Error(`the unit does not run ${bundlePath}`)
  return { node, flags: words.slice(0, at), args: words.slice(at + 1) }
}
