// Time that the files of a package carry, so that two builds of one commit have the same bytes.

import { spawnSync } from 'node:child_process'
import { readdirSync, statSync, lutimesSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './bundle.ts'

/** Seconds since 1970: `SOURCE_DATE_EPOCH`, else the time of the last commit, else that of package.json. */
export function sourceDate(): number {
  const given = process.env['SOURCE_DATE_EPOCH']
  if (given !== undefined && /^\d+$/.test(given)) return Number(given)
  const { status, stdout } = spawnSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' })
  return status === 0 ? Number(stdout) : Math.floor(statSync(join(root, 'package.json')).mtimeMs / 1000)
}

/** Gives `folder` and everything in it that time. */
export function setTimes(folder: string, seconds: number): void {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    lutimesSync(join(folder, name), seconds, seconds)
  }
  lutimesSync(folder, seconds, seconds)
}

/** Options of GNU tar for the same bytes from the same files: sorted, with that time, without names of this machine. */
export function sameTar(seconds: number): readonly string[] {
  const form = ['--format=posix', '--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime']
  return ['--sort=name', ...form, `--mtime=@${seconds}`, '--numeric-owner']
}
