// The OCI image, made without a daemon: Node, the libraries it needs and the program; no shell, no package manager.

import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { copyDemoLibraries } from './demo-libraries.ts'
import { nodeBinary, type Architecture } from './node-binary.ts'
import { notices } from './notices.ts'
import { manifest } from './npm.ts'
import type { Program } from './program.ts'
import { sbom } from './sbom.ts'
import { bundlePath, serviceCommand } from './service-command.ts'
import { sameTar, sourceDate } from './source-date.ts'
import { copySystemLibraries } from './system-libraries.ts'

/** User and group of the process. */
export const imageUser = 65_532
/** The only writable folders, mode 0700. A volume or tmpfs is mounted on each. */
const stateFolders = ['var/lib/einlass', 'var/log/einlass', 'run/einlass']
const emptyFolders = ['etc/einlass', 'proc', 'sys', 'dev', 'tmp']

const accounts: Readonly<Record<string, string>> = {
  'etc/passwd': `root:x:0:0:root:/nonexistent:/usr/sbin/nologin\neinlass:x:${imageUser}:${imageUser}:Einlass:/nonexistent:/usr/sbin/nologin\n`,
  'etc/group': `root:x:0:\neinlass:x:${imageUser}:\n`,
  'etc/nsswitch.conf': 'hosts: files dns\n',
}

export interface Image {
  /** OCI layout with the tags below. */
  readonly layout: string
  /** `VERSION`, and `VERSION-demo` with the libraries of the demo on top. */
  readonly tags: readonly string[]
  /** Digest of the manifest of each tag. */
  readonly digests: readonly string[]
  /** The layout as one file, and the bill of materials. */
  readonly files: readonly string[]
}

/** Needs umoci, tar, and apt of Debian 12 for the libraries. */
export async function packImage(program: Program, out: string, architecture: Architecture): Promise<Image> {
  const work = join(out, `image-${architecture}`)
  rmSync(work, { recursive: true, force: true })
  const date = sourceDate()
  const node = await nodeBinary(architecture, join(out, 'cache'))
  const put = (layer: string, path: string, content: string | Buffer): void => {
    mkdirSync(dirname(join(work, layer, path)), { recursive: true })
    writeFileSync(join(work, layer, path), content)
  }

  for (const folder of [...emptyFolders, ...stateFolders]) mkdirSync(join(work, 'system', folder), { recursive: true })
  chmodSync(join(work, 'system/tmp'), 0o1777)
  for (const folder of stateFolders) chmodSync(join(work, 'system', folder), 0o700)
  for (const [path, text] of Object.entries(accounts)) put('system', path, text)
  const system = copySystemLibraries(node.executable, architecture, join(work, 'system'), join(out, 'cache'))

  put('node', 'usr/share/doc/node/LICENSE', node.license)
  mkdirSync(join(work, 'node/usr/lib/einlass'), { recursive: true })
  cpSync(node.executable, join(work, 'node/usr/lib/einlass/node'))

  cpSync(join(program.folder, 'dist'), join(work, 'program', dirname(bundlePath)), { recursive: true })
  const materials = { node: node.version, system, architecture, date }
  const bill = sbom({ ...materials, demo: false })
  put('program', 'usr/share/einlass/sbom.cdx.json', bill)
  put(
    'program',
    'usr/share/einlass/einlass.schema.json',
    readFileSync(join(program.folder, 'config/einlass.schema.json')),
  )
  for (const file of ['LICENSE', 'THIRD-PARTY-LICENSES.txt']) {
    put('program', `usr/share/doc/einlass/${file}`, readFileSync(join(program.folder, file)))
  }

  const demo = await copyDemoLibraries(join(work, 'demo/usr/lib/einlass'))
  put('demo', 'usr/share/einlass/sbom.cdx.json', sbom({ ...materials, demo: true }))
  put('demo', 'usr/share/doc/einlass/THIRD-PARTY-LICENSES.txt', notices([...program.libraries, ...demo]))

  const tag = manifest.version
  const layout = join(work, 'layout')
  const command = serviceCommand()
  const created = new Date(date * 1000).toISOString().replace('.000', '')
  const umoci = (...args: readonly string[]): void =>
    void execFileSync('umoci', args, { stdio: ['ignore', 'ignore', 'inherit'] })
  umoci('init', '--layout', layout)
  umoci('new', '--image', `${layout}:${tag}`)
  for (const layer of ['system', 'node', 'program']) addLayer(layer, tag)
  configure(tag, [command.node, ...command.flags, bundlePath], command.args)
  umoci('tag', '--image', `${layout}:${tag}`, `${tag}-demo`)
  addLayer('demo', `${tag}-demo`)
  // The demo writes to a temporary folder and starts no service: it runs without the permission model of the service.
  configure(`${tag}-demo`, [command.node, '--disable-warning=ExperimentalWarning', bundlePath], ['demo'])
  umoci('gc', '--layout', layout)

  const archive = join(out, `einlass-${tag}-${architecture}.oci.tar`)
  tar(layout, archive, ['.'])
  const billFile = join(out, `einlass-${tag}-${architecture}.cdx.json`)
  writeFileSync(billFile, bill)
  const tags = [tag, `${tag}-demo`]
  return { layout, tags, digests: tags.map((one) => digestOf(layout, one)), files: [archive, billFile] }

  function addLayer(layer: string, image: string): void {
    const file = join(work, `${layer}.tar`)
    const owned = layer === 'system' ? stateFolders : []
    execFileSync('chmod', [
      '-R',
      'u=rwX,go=rX',
      ...['usr', 'lib', 'etc'].map((one) => join(work, layer, one)).filter((one) => existsSync(one)),
    ])
    tar(join(work, layer), file, ['.', ...owned.map((one) => `--exclude=./${one}`)])
    if (owned.length > 0)
      tar(
        join(work, layer),
        file,
        owned.map((one) => `./${one}`),
        imageUser,
      )
    umoci(
      'raw',
      'add-layer',
      '--image',
      `${layout}:${image}`,
      '--history.created',
      created,
      '--history.created_by',
      layer,
      file,
    )
    rmSync(file)
  }

  function configure(image: string, entrypoint: readonly string[], args: readonly string[]): void {
    const settings: readonly (readonly [option: string, value: string])[] = [
      ['created', created],
      ['os', 'linux'],
      ['architecture', architecture],
      ['config.user', `${imageUser}:${imageUser}`],
      ['clear', 'config.entrypoint'],
      ['clear', 'config.cmd'],
      ...entrypoint.map((word) => ['config.entrypoint', word] as const),
      ...args.map((word) => ['config.cmd', word] as const),
      ['config.env', 'NODE_ENV=production'],
      ['config.stopsignal', 'SIGTERM'],
      ['config.exposedports', '443/tcp'],
      ['config.label', `org.opencontainers.image.version=${tag}`],
      ['config.label', 'org.opencontainers.image.licenses=Apache-2.0'],
    ]
    const words = settings.flatMap(([option, value]) => [`--${option}`, value])
    umoci('config', '--image', `${layout}:${image}`, '--no-history', ...words)
  }

  /** Sorted, with one time and owner, so that the same files are the same bytes. Appends when the file is there. */
  function tar(folder: string, file: string, args: readonly string[], owner = 0): void {
    const append = owner === 0 ? '--create' : '--append'
    const [files, options] = [args.filter((one) => !one.startsWith('--')), args.filter((one) => one.startsWith('--'))]
    execFileSync('tar', [
      append,
      `--file=${file}`,
      ...sameTar(date),
      `--owner=${owner}`,
      `--group=${owner}`,
      '-C',
      folder,
      ...options,
      ...files,
    ])
  }
}

function digestOf(layout: string, tag: string): string {
  const index = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as {
    readonly manifests: readonly { readonly digest: string; readonly annotations?: Readonly<Record<string, string>> }[]
  }
  return index.manifests.find((one) => one.annotations?.['org.opencontainers.image.ref.name'] === tag)!.digest
}
