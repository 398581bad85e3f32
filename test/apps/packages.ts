// Packages of applications from npm and PyPI, in fixed versions, kept in `~/.cache/einlass-tests` between runs.

import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { missing, run } from './programs.ts'

export interface Packages {
  readonly from: 'npm' | 'PyPI'
  /** The first one is the application: `name@version`, and `name==version` in Python. */
  readonly names: readonly [string, ...string[]]
  /** Versions of dependencies whose own names for them do not resolve; npm only. */
  readonly overrides?: Readonly<Record<string, string>>
}

/** Resolves with their folder, or with what is lacking. */
export async function install({ from, names, overrides }: Packages): Promise<{ folder: string } | { lacking: string }> {
  const command = from === 'npm' ? 'npm' : 'python3'
  if (missing([command]).length > 0) return { lacking: command }
  const folder = join(cache(), `${from}-${names.join('+').replaceAll(/[^\w.+-]+/g, '-')}`)
  const complete = join(folder, 'complete')
  if (existsSync(complete)) return { folder }
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const failed = from === 'npm' ? await fromNpm(folder, names, overrides) : await fromPyPI(folder, names)
  if (failed !== undefined) {
    await rm(folder, { recursive: true, force: true })
    return { lacking: `${names.join(', ')} of ${from} (${failed})` }
  }
  await writeFile(complete, '')
  return { folder }
}

export function versionOf({ names: [name] }: Packages): string {
  return name.slice(name.lastIndexOf('@') + 1).replace(/^.*==/, '')
}

/** A module of installed npm packages. The caller names the part of its interface that it uses. */
export async function load(folder: string, name: string): Promise<unknown> {
  const path = createRequire(join(folder, 'package.json')).resolve(name)
  return import(pathToFileURL(path).href)
}

function cache(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'einlass-tests')
}

const timeout = 600_000

async function fromNpm(
  folder: string,
  names: readonly string[],
  overrides: Packages['overrides'],
): Promise<string | undefined> {
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, overrides }))
  // Without their install scripts: what only downloads something more is not needed.
  const words = ['install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', ...names]
  return wordsOf(await run('npm', words, { timeout }))
}

async function fromPyPI(folder: string, names: readonly string[]): Promise<string | undefined> {
  const made = wordsOf(await run('python3', ['-m', 'venv', folder], { timeout }))
  return made ?? wordsOf(await run(join(folder, 'bin/pip'), ['install', '--quiet', ...names], { timeout }))
}

function wordsOf({ code, stderr }: { code: number | null; stderr: string }): string | undefined {
  if (code === 0) return undefined
  const lines = stderr
    .trim()
    .split('\n')
    .filter((line) => !line.includes('complete log'))
  return lines.at(-1) || 'no message'
}
