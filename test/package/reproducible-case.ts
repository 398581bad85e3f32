// Two builds of one commit: the same bytes and digests.

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../scripts/package/bundle.ts'
import type { Case } from './case.ts'

export const reproducibleCases: readonly Case[] = [
  {
    name: 'two builds in different folders: one digest each',
    needs: ['npm', 'dpkg-deb', 'umoci'],
    async run({ build, work }) {
      const again = join(work, 'again')
      // Downloads are input, not result.
      if (existsSync(join(build, 'cache'))) cpSync(join(build, 'cache'), join(again, 'cache'), { recursive: true })
      const script = join(root, 'scripts/package/package.ts')
      execFileSync(process.execPath, [script, '--arch', 'amd64', '--out', again], { stdio: 'ignore' })
      const names = readdirSync(again).filter((name) => /\.(?:tgz|deb|tar|json)$/.test(name))
      const different = names.filter((name) => digest(join(build, name)) !== digest(join(again, name)))
      if (different.length > 0) throw new Error(`different: ${different.join(', ')}`)
      return names.map((name) => `${name} ${digest(join(again, name)).slice(0, 12)}`).join('; ')
    },
  },
]

function digest(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}
