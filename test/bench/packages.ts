// External programs of the bench: found, installed from Debian if allowed, or reported as left out.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { findProgram } from './processes.ts'

export interface Wanted {
  readonly program: string
  /** Environment variable that names the program. */
  readonly variable: string
  readonly packages: readonly string[]
  /** Further required files, such as a module. */
  readonly files?: readonly string[]
}

export const wanted = {
  wrk: { program: 'wrk', variable: 'WRK', packages: ['wrk'] },
  h2load: { program: 'h2load', variable: 'H2LOAD', packages: ['nghttp2-client'] },
  nginx: { program: 'nginx', variable: 'NGINX', packages: ['nginx-light'] },
  redis: { program: 'redis-server', variable: 'REDIS_SERVER', packages: ['redis-server'] },
  openssl: { program: 'openssl', variable: 'OPENSSL', packages: ['openssl'] },
  apache: {
    program: 'apache2',
    variable: 'APACHE2',
    packages: ['apache2-bin', 'libapache2-mod-auth-openidc'],
    files: ['/usr/lib/apache2/modules/mod_auth_openidc.so'],
  },
  caddy: { program: 'caddy', variable: 'CADDY', packages: ['caddy'] },
} as const satisfies Record<string, Wanted>

/** Path of the program; undefined when missing and not installable. */
export function provide({ program, variable, packages, files = [] }: Wanted): string | undefined {
  const look = (): string | undefined =>
    files.every((file) => existsSync(file)) ? findProgram(program, variable) : undefined
  const found = look()
  if (found !== undefined || !mayInstall()) return found
  install(packages)
  return look()
}

/** Throws with the missing packages and how to install them. */
export function need(one: Wanted): string {
  const found = provide(one)
  if (found === undefined)
    throw new Error(
      `${one.program} is missing: apt-get install ${one.packages.join(' ')}, or name it in ${one.variable}`,
    )
  return found
}

function mayInstall(): boolean {
  return process.getuid?.() === 0 && findProgram('apt-get') !== undefined && process.env['BENCH_INSTALL'] !== 'no'
}

function install(packages: readonly string[]): void {
  process.stderr.write(`bench: installing ${packages.join(' ')}\n`)
  // Run level 1: packages do not start their services (invoke-rc.d); the bench runs the programs itself.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  const apt = (...words: string[]) =>
    spawnSync('apt-get', ['-qq', ...words], { env, stdio: 'ignore', timeout: 180_000 })
  const get = () => apt('install', '--yes', '--no-install-recommends', ...packages).status === 0
  if (get()) return
  apt('update')
  get()
}
