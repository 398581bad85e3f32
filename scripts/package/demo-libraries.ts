// The libraries of the demo with all they depend on, copied from the installed ones into a package.

import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { demoLibraries, root } from './bundle.ts'
import { libraryAt, type Library } from './notices.ts'

/** Files that nothing loads. */
const unused =
  /(?:\.(?:d\.[cm]?ts|ts|map|md|markdown|flow)|[/\\](?:\.[^/\\]*|test|tests|example|examples|docs|\.github))$/i

/** Copies them to `folder/node_modules`, in the same arrangement; returns them sorted by name. */
export async function copyDemoLibraries(folder: string): Promise<readonly Library[]> {
  const modules = realpathSync(join(root, 'node_modules'))
  const found = new Map<string, Library>()
  for (const name of demoLibraries) add(join(modules, name))
  for (const path of found.keys()) {
    const target = join(folder, 'node_modules', relative(modules, path))
    await cp(path, target, {
      recursive: true,
      // A nested library is copied on its own, if it is needed.
      filter: (from) => from === path || (!unused.test(from) && !from.endsWith('node_modules')),
    })
  }
  return [...found.values()].toSorted((a, b) => a.name.localeCompare(b.name))

  function add(path: string): void {
    if (found.has(path)) return
    found.set(path, libraryAt(path))
    const { dependencies = {} } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as {
      dependencies?: Readonly<Record<string, string>>
    }
    for (const name of Object.keys(dependencies)) add(resolveFrom(path, name))
  }

  /** As Node does: the nearest `node_modules` upwards. */
  function resolveFrom(path: string, name: string): string {
    for (let at = path; at.startsWith(modules); at = dirname(at)) {
      const candidate = join(at, 'node_modules', name)
      if (existsSync(candidate)) return candidate
    }
    const candidate = join(modules, name)
    if (existsSync(candidate)) return candidate
    throw new Error(`${name} is not installed: run "npm ci", without --omit=optional`)
  }
}
