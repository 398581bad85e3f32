// Supply chain: no install scripts, checksums for everything, and no unexpected capability in the sources.

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
/** A bundled dependency is covered by the checksum of the package that contains it. */
const fetched = packages.filter(([, one]) => !('inBundle' in one))

describe('the lockfile', () => {
  test('contains every dependency', () => {
    expect(lock.lockfileVersion).toBe(3)
    expect(packages.length).toBeGreaterThan(50)
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
      expect(lock.packages, name).toHaveProperty([`node_modules/${name}`])
    }
  })

  test('has no package with an install script, the project included', () => {
    expect(packages.filter(([, one]) => one.hasInstallScript === true).map(([path]) => path)).toEqual([])
    for (const script of ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish']) {
      expect(manifest.scripts).not.toHaveProperty(script)
    }
  })

  test('has a SHA-512 checksum for every download', () => {
    const without = fetched.filter(([, one]) => !/^sha512-[\w+/]{86}==$/.test(one.integrity ?? ''))
    expect(without.map(([path]) => path)).toEqual([])
  })

  test('downloads from a registry only: no link, no repository, no archive URL', () => {
    const elsewhere = packages.filter(([, one]) => one.link === true || /^(?:git|file|http:)/.test(one.resolved ?? ''))
    expect(elsewhere.map(([path]) => path)).toEqual([])
  })
})

test('npm is configured to run no scripts and to save exact versions', () => {
  const settings = readFileSync(join(root, '.npmrc'), 'utf8')
  expect(settings).toMatch(/^strict-allow-scripts=true$/m)
  expect(settings).toMatch(/^save-exact=true$/m)
  for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
    expect(version, name).toMatch(/^\d+\.\d+\.\d+$/)
  }
})

test('installed packages have no install script, and no native code besides Node', () => {
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

/** Undefined for packages of other platforms, which are not installed. */
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

test('the sources start no process but workers, and `init` the commands it shows, no thread, load no addon, and generate no code', () => {
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  )
  expect(sources.length).toBeGreaterThan(200)
  const forbidden =
    /'node:(?:child_process|worker_threads|cluster|vm|inspector|ffi|wasi)'|\beval\(|new Function\(|process\.(?:dlopen|binding)|createRequire\(/
  const offending = sources.filter((file) => forbidden.test(readFileSync(join(root, 'src', file), 'utf8')))
  expect(offending).toEqual(['cli/init/service.ts', 'server/workers/worker-process.ts'])
  // `einlass init` runs, after a yes, the commands it has shown: words, without a shell. No other command loads it.
  const offering = readFileSync(join(root, 'src/cli/init/service.ts'), 'utf8')
  expect(offering.match(/\b(?:spawn|exec|fork)\w*\(.*/g)).toEqual([
    "spawnSync(program!, args, { stdio: 'inherit' }).status !== 0)",
  ])
  const loading = sources.filter((file) => /['/]init\/[\w-]+\.ts'/.test(readFileSync(join(root, 'src', file), 'utf8')))
  expect(loading.filter((file) => !file.startsWith('cli/init/'))).toEqual(['cli/cli.ts'])
  expect(readFileSync(join(root, 'src/cli/cli.ts'), 'utf8')).not.toMatch(/^import .*\/init\//m)
  // The started file is a constant path, not an input.
  const starting = readFileSync(join(root, 'src/server/workers/worker-process.ts'), 'utf8')
  expect(starting).toContain("import { fork, type SendHandle } from 'node:child_process'")
  expect(starting.match(/\bfork\(.*/g)).toEqual(['fork(program, [workerArgument], {'])
  expect(starting).toContain("const program = fileURLToPath(new URL('../../cli/main.ts', import.meta.url))")
})

test('nothing is decompressed, neither by the sources nor by the HTTP client', () => {
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  )
  const decoding = /'node:zlib'|DecompressionStream|interceptors\.|globalThis\.fetch/
  expect(sources.filter((file) => decoding.test(readFileSync(join(root, 'src', file), 'utf8')))).toEqual([])
})
