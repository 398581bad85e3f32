// The Debian package in a bare Debian 12: installation, the demo, an upgrade under open sessions, an invalid configuration.

import { execFileSync } from 'node:child_process'
import { chmod, copyFile, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { packDeb } from '../../scripts/package/deb.ts'
import { manifest } from '../../scripts/package/npm.ts'
import { bundlePath, serviceCommand } from '../../scripts/package/service-command.ts'
import { createSecurityEnvironment } from '../security/environment.ts'
import { tourResult, type Case, type Context } from './case.ts'
import { makeBase, runInside, startInside } from './debian-root.ts'
import { configureInside, whenOpen } from './gateway-inside.ts'

const needs = ['root', 'dpkg-deb', 'debootstrap', 'unshare']

export const debCases: readonly Case[] = [
  {
    name: 'deb: lintian finds no error',
    needs: ['dpkg-deb', 'lintian'],
    async run(context) {
      const printed = execFileSync('lintian', ['--allow-root', '--fail-on', 'error', fileIn(context.build)], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      return printed.trim() === '' ? 'neither error nor warning' : printed.trim()
    },
  },
  {
    name: 'deb: apt install in a bare Debian 12, einlass demo --tour as a user',
    needs,
    async run(context) {
      const root = await rootWith(context, 'deb')
      await runInside(root, ['apt-get', 'install', '--yes', '--no-install-recommends', '/srv/einlass.deb'])
      await runInside(root, ['einlass', 'check', '--help'])
      const printed = await runInside(root, ['einlass', 'demo', '--tour', '--port', '0'], { user: 1000 })
      return tourResult(printed)
    },
  },
  {
    name: 'deb: an upgrade keeps sessions, and restarts only into a valid configuration',
    needs,
    async run(context) {
      const root = join(context.work, 'deb')
      await cp(await newer(context), join(root, 'srv/newer.deb'))
      await pretendSystemd(root)
      const house = await createSecurityEnvironment()
      try {
        const group = Number((await runInside(root, ['getent', 'group', 'einlass'])).split(':')[2])
        await configureInside(house, join(root, 'etc/einlass'), group)
        const visitor = house.visitor()
        const before = await serve(root)
        if ((await visitor.open(`${house.app}/`)).status !== 200) throw new Error('sign-in failed')
        await runInside(root, ['dpkg', '--install', '/srv/newer.deb'])
        const valid = await calls(root)
        if (!valid.includes('deb-systemd-invoke try-restart einlass.service')) throw new Error(`no restart: ${valid}`)
        // The old process goes on until the restart.
        if ((await visitor.ask(`${house.app}/`)).status !== 200) throw new Error('the upgrade interrupted the service')
        await before.stop()
        const after = await serve(root)
        const again = await visitor.ask(`${house.app}/`)
        await after.stop()
        if (again.status !== 200) throw new Error(`after the upgrade the session was gone: ${again.status}`)

        await writeFile(join(root, 'etc/einlass/einlass.yaml'), 'gateway: {}\n')
        await rm(join(root, 'var/tmp/calls'))
        const printed = await runInside(root, ['dpkg', '--install', '/srv/newer.deb'])
        const invalid = await calls(root)
        if (invalid.includes('restart')) throw new Error(`restarted into an invalid configuration: ${invalid}`)
        if (!printed.includes('The service was not restarted')) throw new Error(printed)
        await runInside(root, ['dpkg', '--purge', 'einlass'])
        const left = await runInside(root, [
          'sh',
          '-c',
          'ls -d /usr/lib/einlass /var/lib/einlass /var/log/einlass 2>/dev/null || true',
        ])
        if (left !== '') throw new Error(`left after purge: ${left}`)
        return 'session kept; invalid: old version goes on; purge leaves only /etc/einlass'
      } finally {
        await house.stop()
      }
    },
  },
]

export function fileIn(build: string): string {
  return join(build, `einlass_${manifest.version}_amd64.deb`)
}

/** A copy of the bare Debian with the package in /srv. */
export async function rootWith({ base, build, work }: Context, name: string): Promise<string> {
  await makeBase(base)
  const root = join(work, name)
  execFileSync('cp', ['-a', base, root])
  await copyFile(fileIn(build), join(root, 'srv/einlass.deb'))
  return root
}

function newer({ build, work }: Context): Promise<string> {
  const program = { folder: join(build, 'program'), libraries: [] }
  return packDeb(program, work, { architecture: 'amd64', version: `${manifest.version}+newer`, compression: 'none' })
}

/** systemd cannot run in a chroot: its programs only write down how they were called. */
export async function pretendSystemd(root: string): Promise<void> {
  await mkdir(join(root, 'run/systemd/system'), { recursive: true })
  for (const name of ['systemctl', 'deb-systemd-invoke']) {
    const file = join(root, 'usr/local/bin', name)
    await writeFile(file, `#!/bin/sh\necho "${name} $*" >>/var/tmp/calls\n`)
    await chmod(file, 0o755)
  }
}

export async function calls(root: string): Promise<string> {
  return readFile(join(root, 'var/tmp/calls'), 'utf8')
}

/** The command of the unit, as its user. */
async function serve(root: string) {
  const unit = await readFile(join(root, 'usr/lib/systemd/system/einlass.service'), 'utf8')
  const { node, flags, args } = serviceCommand(unit)
  const { uid, gid } = statSync(join(root, 'var/lib/einlass'))
  await runInside(root, ['install', '-d', '-o', String(uid), '-g', String(gid), '-m', '0750', '/run/einlass'])
  return whenOpen(startInside(root, [node, ...flags, bundlePath, ...args], { user: uid }))
}
