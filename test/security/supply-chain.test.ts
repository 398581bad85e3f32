// What is installed: nothing that runs at installation, everything by its checksum, and nothing at run time that was not asked for.

import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root } from './environment.ts'

interface Locked {
  readonly version?: string
  readonly integrity?: string
  readonly hasInstallScript?: boolean
  readonly link?: boolean
  readonly resolved?: string
  readonly dev?: boolean
}

interface Manifest {
  readonly scripts?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly gypfile?: boolean
}

const json = <T>(file: string): T => JSON.parse(readFileSync(join(root, file), 'utf8')) as T
const manifest = json<Manifest>('package.json')
const lock = json<{ lockfileVersion: number; packages: Record<string, Locked> }>('package-lock.json')
const packages = Object.entries(lock.packages).filter(([path]) => path !== '')
/** What comes with another package, in its archive, has that one's checksum. */
const fetched = packages.filter(([, one]) => !('inBundle' in one))

describe('the lockfile', () => {
  test('is there, and holds every dependency', () => {
    expect(lock.lockfileVersion).toBe(3)
    expect(packages.length).toBeGreaterThan(50)
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
      expect(lock.packages, name).toHaveProperty([`node_modules/${name}`])
    }
  })

  test('names no package that runs a script when it is installed, itself included', () => {
    expect(packages.filter(([, one]) => one.hasInstallScript === true).map(([path]) => path)).toEqual([])
    for (const script of ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish']) {
      expect(manifest.scripts).not.toHaveProperty(script)
    }
  })

  test('has a SHA-512 checksum for everything that is fetched', () => {
    const without = fetched.filter(([, one]) => !/^sha512-[\w+/]{86}==$/.test(one.integrity ?? ''))
    expect(without.map(([path]) => path)).toEqual([])
  })

  test('fetches from a registry alone: no link, no repository, no address of an archive', () => {
    const elsewhere = packages.filter(([, one]) => one.link === true || /^(?:git|file|http:)/.test(one.resolved ?? ''))
    expect(elsewhere.map(([path]) => path)).toEqual([])
  })
})

test('npm is told to run no scripts, and to write exact versions', () => {
  const settings = readFileSync(join(root, '.npmrc'), 'utf8')
  expect(settings).toMatch(/^strict-allow-scripts=true$/m)
  expect(settings).toMatch(/^save-exact=true$/m)
  for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
    expect(version, name).toMatch(/^\d+\.\d+\.\d+$/)
  }
})

test('what is installed has no install script either, and no native code besides Node', () => {
  const production = packages.filter(([, one]) => one.dev !== true)
  const found = production.flatMap(([path]) => {
    const installed = manifestOf(path)
    if (installed === undefined) return []
    const scripts = ['preinstall', 'install', 'postinstall'].filter((name) => installed.scripts?.[name] !== undefined)
    return [...scripts.map((name) => `${path}: ${name}`), ...(installed.gypfile === true ? [`${path}: gypfile`] : [])]
  })
  expect(found).toEqual([])
  const native = production.filter(([path]) => filesBelow(path).some((file) => file.endsWith('.node')))
  expect(native.map(([path]) => path)).toEqual([])
})

/** Undefined for packages of other platforms, which are not installed here. */
function manifestOf(path: string): Manifest | undefined {
  try {
    return json<Manifest>(join(path, 'package.json'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function filesBelow(path: string): string[] {
  try {
    return readdirSync(join(root, path), { recursive: true, encoding: 'utf8' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

test('the program starts no process but its own workers and no thread, loads no addon, and makes no code from text', () => {
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  )
  expect(sources.length).toBeGreaterThan(200)
  const forbidden =
    /'node:(?:child_process|worker_threads|cluster|vm|inspector|ffi|wasi)'|\beval\(|new Function\(|process\.(?:dlopen|binding)|createRequire\(/
  const offending = sources.filter((file) => forbidden.test(readFileSync(join(root, 'src', file), 'utf8')))
  expect(offending).toEqual(['server/workers/worker-process.ts'])
  // What it starts is a file of ours, whose name nobody hands in.
  const starting = readFileSync(join(root, 'src/server/workers/worker-process.ts'), 'utf8')
  expect(starting).toContain("import { fork, type SendHandle } from 'node:child_process'")
  expect(starting.match(/\bfork\(.*/g)).toEqual(['fork(program, [], {'])
  expect(starting).toContain("const program = fileURLToPath(new URL('worker.ts', import.meta.url))")
})

test('nothing is ever decompressed: not by us, not by the HTTP client on our behalf', () => {
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  )
  const decoding = /'node:zlib'|DecompressionStream|interceptors\.|globalThis\.fetch/
  expect(sources.filter((file) => decoding.test(readFileSync(join(root, 'src', file), 'utf8')))).toEqual([])
})
