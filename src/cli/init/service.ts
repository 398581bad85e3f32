// Systemd service of a new configuration: the commands that start it, run where this process may.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Places } from './configuration-text.ts'
import { fileNames } from './configuration-text.ts'

/** The folder that the unit reads. */
export const serviceFolder = '/etc/einlass'
const secrets = [fileNames.secretKey, fileNames.clientSecret]

export interface ServicePlan {
  /** As words, to be run in this order by root. */
  readonly commands: readonly (readonly string[])[]
  /** They can be run here and now. */
  readonly possible: boolean
}

/** Under the unit the process may write in these folders only. */
export const servicePlaces: Places = {
  store: '/var/lib/einlass/einlass.db',
  audit: '/var/log/einlass/audit.jsonl',
  adminSocket: '/run/einlass/admin.sock',
  operations: undefined,
}

/** Undefined: systemd is not here, or the configuration is not where the unit reads it. */
export function planService(directory: string): ServicePlan | undefined {
  if (directory !== serviceFolder || !existsSync('/run/systemd/system')) return undefined
  const installed = ['/etc', '/usr/lib', '/lib'].some((root) => existsSync(`${root}/systemd/system/einlass.service`))
  const unit = fileURLToPath(new URL('../../../deploy/einlass.service', import.meta.url))
  if (!installed && !existsSync(unit)) return undefined
  const files = (names: readonly string[]): string[] => names.map((name) => `${directory}/${name}`)
  const commands = [
    ...(installed
      ? []
      : [
          ['useradd', '--system', '--home-dir', '/nonexistent', '--shell', '/usr/sbin/nologin', 'einlass'],
          ['install', '-m', '0644', unit, '/etc/systemd/system/'],
          ['systemctl', 'daemon-reload'],
        ]),
    // The service reads them by its group, and cannot change them.
    ['chown', 'root:einlass', directory, ...files([fileNames.configuration, ...secrets])],
    ['chmod', '0640', ...files([fileNames.configuration, ...secrets])],
    ['systemctl', 'enable', '--now', 'einlass'],
  ]
  return { commands, possible: installed && process.getuid?.() === 0 }
}

/** The command that failed; undefined: all went well. Their output goes to the terminal. */
export function runCommands(commands: ServicePlan['commands']): readonly string[] | undefined {
  return commands.find(([program, ...args]) => spawnSync(program!, args, { stdio: 'inherit' }).status !== 0)
}
