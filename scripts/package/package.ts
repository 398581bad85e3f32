// `npm run package`: builds the packages into build/.

import { mkdir, stat } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { readCommandLine, refuseCommandLine, type CommandForm, type CommandOptions } from '../command-line.ts'
import { root } from './bundle.ts'
import { packChart } from './chart.ts'
import { packDeb } from './deb.ts'
import type { Architecture } from './node-binary.ts'
import { packImage } from './image.ts'
import { packNpm } from './npm.ts'
import { writeProgram, type Program } from './program.ts'

/** Each returns the files it has written into `out`. */
const kinds: Readonly<Record<string, (program: Program, out: string, options: Options) => Promise<readonly string[]>>> =
  {
    // Bundle, launcher and licences: what all others contain, and deploy/Dockerfile copies.
    program: async () => [],
    npm: async (program, out) => [await packNpm(program, out)],
    deb: async (program, out, { architectures = ['amd64', 'arm64'] }) => {
      const files = []
      for (const architecture of architectures) files.push(await packDeb(program, out, { architecture }))
      return files
    },
    chart: async (_, out) => [packChart(out)],
    // Its libraries come by apt, which knows the packages of its own architecture.
    image: async (program, out, { architectures = [own] }) => {
      const files = []
      for (const architecture of architectures) {
        const image = await packImage(program, out, architecture)
        files.push(...image.files)
        for (const [index, tag] of image.tags.entries()) console.log(`${image.layout}:${tag}  ${image.digests[index]}`)
      }
      return files
    },
  }

interface Options {
  /** Undefined: what each kind can make here. */
  readonly architectures: readonly Architecture[] | undefined
}

const form = {
  name: 'package',
  about: 'Builds the packages.',
  options: {
    only: { type: 'string', multiple: true, value: 'KIND', help: `${Object.keys(kinds).join(', ')}; all without it` },
    arch: {
      type: 'string',
      multiple: true,
      value: 'ARCH',
      help: 'amd64, arm64; without it deb is made for both, image for that of this machine',
    },
    out: { type: 'string', value: 'FOLDER', default: 'build', help: 'where they are written' },
  },
} as const satisfies CommandForm<CommandOptions>
const values = readCommandLine(form)
const wanted = values.only ?? Object.keys(kinds)
const unknown = wanted.find((kind) => !Object.hasOwn(kinds, kind))
if (unknown !== undefined) refuseCommandLine(form, `--only takes ${Object.keys(kinds).join(', ')}, not "${unknown}"`)
const own: Architecture = process.arch === 'arm64' ? 'arm64' : 'amd64'
const architectures = values.arch?.map((name) => {
  if (name === 'amd64' || name === 'arm64') return name
  return refuseCommandLine(form, `--arch takes amd64 and arm64, not "${name}"`)
})

const out = resolve(root, values.out)
await mkdir(out, { recursive: true })
const program = await writeProgram(join(out, 'program'))
for (const kind of wanted) {
  for (const file of await kinds[kind]!(program, out, { architectures })) {
    console.log(`${relative(process.cwd(), file)}  ${((await stat(file)).size / 1e6).toFixed(2)} MB`)
  }
}
