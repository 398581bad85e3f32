// Software bill of materials in CycloneDX: the libraries in the bundle as `npm sbom` lists them, Node, and Debian's libraries.

import { execFileSync } from 'node:child_process'
import { root } from './bundle.ts'
import { npmCommand } from './npm.ts'
import type { SystemPackage } from './system-libraries.ts'

interface Sbom {
  readonly metadata: Record<string, unknown>
  readonly components: object[]
  readonly [key: string]: unknown
}

export interface SbomOptions {
  readonly node: string
  readonly system: readonly SystemPackage[]
  readonly architecture: string
  /** With the libraries of the demo. */
  readonly demo: boolean
  /** Seconds since 1970. */
  readonly date: number
}

/** JSON. The same for the same input: without serial number, with the time of the source. */
export function sbom({ node, system, architecture, demo, date }: SbomOptions): string {
  const [command, args] = npmCommand()
  const omitted = ['--omit', 'dev', ...(demo ? [] : ['--omit', 'optional'])]
  const printed = execFileSync(
    command,
    [...args, 'sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--package-lock-only', ...omitted],
    { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const { serialNumber: _, metadata, components, ...rest } = JSON.parse(printed) as Sbom
  const own = [
    {
      type: 'application',
      name: 'node',
      version: node,
      purl: `pkg:generic/node@${node}`,
      licenses: [{ license: { id: 'MIT' } }],
    },
    ...system.map(({ name, version }) => ({
      type: 'library',
      name,
      version,
      purl: `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${architecture}&distro=debian-12`,
    })),
  ]
  const platform = /^node(?:-bin)?-(?:linux|darwin)-/
  const kept = components.filter((one) => !('name' in one && platform.test(String(one.name))))
  const dated = { ...metadata, timestamp: new Date(date * 1000).toISOString() }
  return `${JSON.stringify({ ...rest, metadata: dated, components: [...kept, ...own] }, undefined, 2)}\n`
}
