// Description of the machine and the program versions of a run.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import type { Cores } from './cores.ts'
import { findProgram } from './processes.ts'

export interface Machine {
  readonly cpu: string
  readonly system: string
  readonly node: string
  readonly commit: string
  /** Name and version of each external program. */
  readonly programs: readonly string[]
  readonly pinned: string
  readonly date: string
}

export function describeMachine(cores: Cores): Machine {
  const debian = existsSync('/etc/debian_version')
    ? `Debian ${readFileSync('/etc/debian_version', 'utf8').trim()}`
    : 'Linux'
  return {
    cpu: `${cores.count} x ${cpus()[0]?.model.trim() ?? 'unknown'}`,
    system: `${debian}, kernel ${release()}`,
    node: process.version,
    commit: said('git', ['rev-parse', '--short', 'HEAD']) ?? 'unknown',
    programs: [
      versionOf('nginx', ['-v'], /nginx\/([\d.]+)/),
      versionOf('apache2', ['-v'], /Apache\/([\d.]+)/),
      versionOf('caddy', ['version'], /v?([\d.]+)/),
      versionOf('redis-server', ['--version'], /v=([\d.]+)/),
      versionOf('wrk', ['-v'], /wrk \S*?([\d.]+)/),
      versionOf('h2load', ['--version'], /nghttp2\/([\d.]+)/),
    ].filter((one) => one !== undefined),
    pinned:
      cores.proxy === undefined
        ? 'nothing was pinned: fewer than two cores, or no taskset'
        : `the proxy on core ${cores.proxy}, load, upstream and store on ${cores.rest}`,
    date: new Date().toISOString().slice(0, 10),
  }
}

function versionOf(name: string, words: readonly string[], pattern: RegExp): string | undefined {
  const program = findProgram(name)
  const version = program === undefined ? undefined : pattern.exec(said(program, words) ?? '')?.[1]
  return version === undefined ? undefined : `${name} ${version}`
}

function said(program: string, words: readonly string[]): string | undefined {
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8' })
  // wrk exits with 1 when it prints its version.
  return status === null ? undefined : `${stdout}${stderr}`.trim()
}
