// Dependencies of the Debian package, read from the Node that it contains.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../../scripts/package/bundle.ts'
import { debianDepends } from '../../scripts/package/debian-depends.ts'
import { elfNeeds } from '../../scripts/package/elf-needs.ts'

test('the guide names what the Node of the package needs', () => {
  const depends = debianDepends(process.execPath)
  expect(depends.map((one) => one.split(' ')[0])).toEqual(['libatomic1', 'libc6', 'libgcc-s1', 'libstdc++6'])
  const guide = readFileSync(join(root, 'docs/guides/installing.md'), 'utf8')
  for (const one of depends) {
    const [name, version] = one.replaceAll(/[()>=]+/g, '').split(/\s+/)
    expect(guide).toContain(version === undefined ? `\`${name}\`` : `\`${name}\` (${version} or newer)`)
  }
})

test('libraries and symbol versions are those that objdump prints', (context) => {
  const { status, stdout } = spawnSync('objdump', ['-p', process.execPath], { encoding: 'utf8' })
  if (status !== 0) return context.skip('objdump is missing')
  const needs = elfNeeds(process.execPath)
  expect(needs.map(({ library }) => library)).toEqual(
    [...stdout.matchAll(/^ +NEEDED +(\S+)$/gm)].map(([, name]) => name),
  )
  const versions = [...stdout.matchAll(/^ +0x[0-9a-f]+ 0x[0-9a-f]+ \d+ (\S+)$/gm)].map(([, name]) => name)
  expect(needs.flatMap((one) => one.versions).toSorted()).toEqual(versions.toSorted())
})

test('a file that is no executable is refused', () => {
  expect(() => elfNeeds(join(root, 'package.json'))).toThrow('not ELF64')
})
