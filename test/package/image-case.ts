// The image, unpacked and run in a chroot with a read-only root, as its user: the gateway answers, and the demo's tour passes.

import { execFileSync } from 'node:child_process'
import { readdirSync, lstatSync } from 'node:fs'
import { chown, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { imageUser } from '../../scripts/package/image.ts'
import { manifest } from '../../scripts/package/npm.ts'
import { createSecurityEnvironment } from '../security/environment.ts'
import { sizeOf, tourResult, type Case, type Context } from './case.ts'
import { runInside, startInside } from './debian-root.ts'
import { configureInside, whenOpen } from './gateway-inside.ts'

const needs = ['root', 'umoci', 'skopeo', 'unshare']

interface ImageConfiguration {
  readonly config: { readonly User: string; readonly Entrypoint: readonly string[]; readonly Cmd: readonly string[] }
}

export const imageCases: readonly Case[] = [
  {
    name: 'image: one executable, no shell, no package manager, no demo library, no secret; runs as its user',
    needs,
    async run(context) {
      const { config } = configuration(context, manifest.version)
      if (config.User !== `${imageUser}:${imageUser}`) throw new Error(`its user is ${config.User}`)
      const root = unpack(context, manifest.version)
      const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) =>
        lstatSync(join(root, file)).isFile(),
      )
      const executable = files.filter(
        (file) => (lstatSync(join(root, file)).mode & 0o111) !== 0 && !/\.so(?:\.|$)/.test(file),
      )
      if (executable.join() !== 'usr/lib/einlass/node') throw new Error(`executables: ${executable.join(', ')}`)
      const special = files.filter((file) => (lstatSync(join(root, file)).mode & 0o6000) !== 0)
      const odd = files.filter((file) =>
        /(?:^|\/)(?:node_modules|npm|sh|bash|busybox)\b|\.(?:key|pem|env|npmrc|secret)$/.test(file),
      )
      if (special.length + odd.length > 0) throw new Error(`should not be there: ${[...special, ...odd].join(', ')}`)
      return `${files.length} files, ${sizeOf(root)} unpacked`
    },
  },
  {
    name: 'image: read-only root in a chroot: the gateway serves, and a sign-in reaches the application',
    needs,
    async run(context) {
      const root = unpack(context, manifest.version)
      const { config } = configuration(context, manifest.version)
      const house = await createSecurityEnvironment()
      try {
        const places = Object.fromEntries(
          ['/etc/einlass', '/var/lib/einlass', '/var/log/einlass', '/run/einlass'].map((at) => [
            at,
            join(context.work, 'state', at),
          ]),
        )
        for (const folder of Object.values(places)) {
          await mkdir(folder, { recursive: true, mode: 0o700 })
          await chown(folder, imageUser, imageUser)
        }
        await configureInside(house, places['/etc/einlass']!, imageUser)
        const options = { readOnly: true, user: imageUser, binds: places }
        const gateway = await whenOpen(startInside(root, [...config.Entrypoint, ...config.Cmd], options))
        const { status } = await house.visitor().open(`${house.app}/`)
        await gateway.stop()
        if (status !== 200) throw new Error(`the application answered ${status}`)
        const write = `try { require('node:fs').writeFileSync('/planted', '') } catch (error) { console.log(error.code) }`
        const refused = await runInside(root, ['/usr/lib/einlass/node', '-e', write], { readOnly: true })
        if (refused.trim() !== 'EROFS') throw new Error(`the root can be written: ${refused}`)
        return '200 after sign-in, as user 65532; the root cannot be written even by root'
      } finally {
        await house.stop()
      }
    },
  },
  {
    name: 'image, tag VERSION-demo: read-only root in a chroot, demo --tour',
    needs,
    async run(context) {
      const tag = `${manifest.version}-demo`
      const { config } = configuration(context, tag)
      const command = [...config.Entrypoint, ...config.Cmd, '--tour', '--port', '0']
      return tourResult(await runInside(unpack(context, tag), command, { readOnly: true, user: imageUser }))
    },
  },
]

function layoutIn({ build }: Context): string {
  return join(build, 'image-amd64/layout')
}

function configuration(context: Context, tag: string): ImageConfiguration {
  const printed = execFileSync('skopeo', ['inspect', '--config', `oci:${layoutIn(context)}:${tag}`], {
    encoding: 'utf8',
  })
  return JSON.parse(printed) as ImageConfiguration
}

/** Once for each tag; returns the root. */
function unpack(context: Context, tag: string): string {
  const folder = join(context.work, `image-${tag}`)
  try {
    lstatSync(folder)
  } catch {
    execFileSync('umoci', ['unpack', '--image', `${layoutIn(context)}:${tag}`, folder], { stdio: 'ignore' })
  }
  return join(folder, 'rootfs')
}
