// The Debian package: program, Node 26, the demo's libraries, service unit, user, example configuration and maintainer scripts.

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { chmod, cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { root } from './bundle.ts'
import { debianDepends } from './debian-depends.ts'
import { copyDemoLibraries } from './demo-libraries.ts'
import { nodeBinary, type Architecture } from './node-binary.ts'
import { notices } from './notices.ts'
import { manifest } from './npm.ts'
import type { Program } from './program.ts'
import { setTimes, sourceDate } from './source-date.ts'

/** Debian's variables for who builds a package, else a stand-in: lintian wants an address. */
const maintainer = `${process.env['DEBFULLNAME'] ?? 'Einlass maintainers'} <${process.env['DEBEMAIL'] ?? 'maintainers@einlass.example.org'}>`

/** Files below deploy/, by their place in the package. */
const placed: Readonly<Record<string, readonly [source: string, mode: number]>> = {
  'usr/bin/einlass': ['debian/einlass', 0o755],
  'usr/lib/systemd/system/einlass.service': ['einlass.service', 0o644],
  'usr/lib/sysusers.d/einlass.conf': ['debian/einlass.sysusers', 0o644],
  'etc/einlass/einlass.env': ['debian/einlass.env', 0o640],
  'etc/einlass/einlass.example.yaml': ['debian/einlass.example.yaml', 0o644],
  'usr/share/doc/einlass/copyright': ['debian/copyright', 0o644],
  'usr/share/lintian/overrides/einlass': ['debian/lintian-overrides', 0o644],
}

export interface DebOptions {
  readonly architecture: Architecture
  /** Of the package; default: that of package.json. */
  readonly version?: string
  /** `none` is quick, for tests. Default: xz. */
  readonly compression?: 'xz' | 'none'
}

/** Writes `einlass_VERSION_ARCHITECTURE.deb` into `out`, by `dpkg-deb`; returns its path. */
export async function packDeb(program: Program, out: string, options: DebOptions): Promise<string> {
  const { architecture, version = manifest.version, compression = 'xz' } = options
  const folder = join(out, `deb-${architecture}`)
  await rm(folder, { recursive: true, force: true })
  const put = async (path: string, content: string | Buffer, mode = 0o644): Promise<void> => {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), content)
    await chmod(join(folder, path), mode)
  }
  const node = await nodeBinary(architecture, join(out, 'cache'))
  for (const [path, [source, mode]] of Object.entries(placed)) {
    await put(path, readFileSync(join(root, 'deploy', source)), mode)
  }
  await mkdir(join(folder, 'usr/lib/einlass'), { recursive: true })
  await cp(node.executable, join(folder, 'usr/lib/einlass/node'))
  await cp(join(program.folder, 'dist'), join(folder, 'usr/lib/einlass/dist'), { recursive: true })
  await put('usr/share/einlass/einlass.schema.json', readFileSync(join(program.folder, 'config/einlass.schema.json')))
  const demo = await copyDemoLibraries(join(folder, 'usr/lib/einlass'))
  const date = sourceDate()
  const documents: Readonly<Record<string, string>> = {
    'CHANGELOG.md.gz': readFileSync(join(program.folder, 'CHANGELOG.md'), 'utf8'),
    'THIRD-PARTY-LICENSES.txt.gz': notices([...program.libraries, ...demo]),
    'node-LICENSE.gz': node.license,
    'changelog.gz': changelog(version, date),
    '../../man/man1/einlass.1.gz': readFileSync(join(root, 'deploy/debian/einlass.1'), 'utf8'),
  }
  for (const [name, text] of Object.entries(documents))
    await put(`usr/share/doc/einlass/${name}`, gzipSync(text, { level: 9 }))
  await put('usr/share/doc/einlass/README.md', readFileSync(join(program.folder, 'README.md')))

  const files = filesBelow(folder)
  const size = files.reduce((sum, file) => sum + Math.ceil(statSync(join(folder, file)).size / 1024), 0)
  const depends = debianDepends(node.executable)
  await put('DEBIAN/control', control({ version, architecture, size, depends }))
  await put(
    'DEBIAN/conffiles',
    files
      .filter((file) => file.startsWith('etc/'))
      .map((file) => `/${file}\n`)
      .join(''),
  )
  await put(
    'DEBIAN/md5sums',
    files
      .filter((file) => !file.startsWith('etc/'))
      .map((file) => `${md5(join(folder, file))}  ${file}\n`)
      .join(''),
  )
  for (const script of ['postinst', 'prerm', 'postrm']) {
    await put(`DEBIAN/${script}`, readFileSync(join(root, 'deploy/debian', script)), 0o755)
  }
  execFileSync('chmod', ['-R', 'u=rwX,go=rX', join(folder, 'usr')])
  setTimes(folder, date)
  const file = join(out, `einlass_${version}_${architecture}.deb`)
  execFileSync('dpkg-deb', ['--root-owner-group', `-Z${compression}`, '-z1', '--build', folder, file], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, SOURCE_DATE_EPOCH: String(date) },
  })
  return file
}

interface Control {
  readonly version: string
  readonly architecture: Architecture
  /** KiB. */
  readonly size: number
  readonly depends: readonly string[]
}

function control({ version, architecture, size, depends }: Control): string {
  return `Package: einlass
Version: ${version}
Architecture: ${architecture}
Maintainer: ${maintainer}
Installed-Size: ${size}
Depends: ${[...depends, 'init-system-helpers (>= 1.54)', 'passwd'].join(', ')}
Recommends: systemd
Suggests: redis-server
Section: net
Priority: optional
Description: identity-aware reverse proxy for web applications
 Einlass signs people in at an OpenID Connect provider and decides every request
 by user, second factor, device, network, time and grant. Applications receive a
 verified identity; open connections end as soon as the decision changes.
 .
 The package contains Node.js 26 and the demo ("einlass demo").
`
}

function changelog(version: string, date: number): string {
  const when = new Date(date * 1000).toUTCString().replace('GMT', '+0000')
  return `einlass (${version}) unstable; urgency=medium

  * Version ${version}: see /usr/share/doc/einlass/CHANGELOG.md.gz.

 -- ${maintainer}  ${when}
`
}

/** Sorted. */
function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => statSync(join(folder, file)).isFile())
    .toSorted()
}

function md5(file: string): string {
  return createHash('md5').update(readFileSync(file)).digest('hex')
}
