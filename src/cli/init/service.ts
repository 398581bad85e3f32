// Systemd service of a new configuration: the commands that start it, run where this process may.

import { spawnSync } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Places } from './configuration-text.ts'
import { fileNames } from './configuration-text.ts'
import { authorityFiles } from './own-authorities.ts'

/** The folder that the unit reads. */
export const serviceFolder = '/etc/einlass'
const readByGroup = [fileNames.configuration, fileNames.secretKey, fileNames.clientSecret]
const systemd = '/run/systemd/system'

export interface ServicePlan {
  /** As words, to be run in this order by root. */
  readonly commands: readonly (readonly string[])[]
  /** They can be run here and now. */
  readonly possible: boolean
}

export interface ServiceMachine {
  readonly exists: (path: string) => boolean
  /** Whether this process is root. */
  readonly root: boolean
}

/** Under the unit the process may write in these folders only. systemd alone makes that in /run, at each start. */
export function servicePlaces(exists: ServiceMachine['exists'] = existsSync): Omit<Places, 'operations'> {
  return {
    store: '/var/lib/einlass/einlass.db',
    audit: '/var/log/einlass/audit.jsonl',
    adminSocket: exists(systemd) ? '/run/einlass/admin.sock' : '/var/lib/einlass/admin.sock',
  }
}

/** Undefined: systemd is not here, or the configuration is not where the unit reads it. */
export function planService(
  directory: string,
  { exists, root }: ServiceMachine = { exists: existsSync, root: process.getuid?.() === 0 },
): ServicePlan | undefined {
  if (directory !== serviceFolder || !exists(systemd)) return undefined
  const installed = ['/etc', '/usr/lib', '/lib'].some((folder) => exists(`${folder}/systemd/system/einlass.service`))
  // A checkout or the npm package, whose launcher is in `bin`.
  const program = dirname(dirname(realpathSync(process.argv[1] ?? '.')))
  const unit = join(program, 'deploy/einlass.service')
  if (!installed && !exists(unit)) return undefined
  const copies = Object.values(authorityFiles).map((name) => `${directory}/${name}`)
  const files = [...readByGroup.map((name) => `${directory}/${name}`), ...copies.filter(exists)]
  const commands = [
    ...(installed
      ? []
      : [
          ['useradd', '--system', '--home-dir', '/nonexistent', '--shell', '/usr/sbin/nologin', 'einlass'],
          ['install', '-m', '0644', unit, '/etc/systemd/system/'],
          ['sed', '-i', pathsOf(program), '/etc/systemd/system/einlass.service'],
          ['systemctl', 'daemon-reload'],
        ]),
    // The service reads them by its group, and cannot change them.
    ['chown', 'root:einlass', directory, ...files],
    ['chmod', '0640', ...files],
    ['systemctl', 'enable', '--now', 'einlass'],
  ]
  return { commands, possible: installed && root }
}

/** For `sed`: the unit has the paths of the Debian package, whose Node and bundle become those of this program. */
function pathsOf(program: string): string {
  const paths = [
    ['/usr/lib/einlass/dist/einlass.mjs', `${program}/bin/einlass.mjs`],
    ['/usr/lib/einlass/dist', program],
    ['/usr/lib/einlass/node', process.execPath],
  ]
  return paths.map(([packaged, here]) => `s#${packaged}#${here}#`).join(';')
}

/** The command that failed; undefined: all went well. Their output goes to the terminal. */
export function runCommands(commands: ServicePlan['commands']): readonly string[] | undefined {
  return commands.find(([program, ...args]) => spawnSync(program!, args, { stdio: 'inherit' }).status !== 0)
}
