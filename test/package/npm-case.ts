// The npm package, installed globally into an empty prefix and run from another folder.

import { spawnSync } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { manifest } from '../../scripts/package/npm.ts'
import { sizeOf, tourResult, type Case } from './case.ts'

export const npmCases: readonly Case[] = [
  {
    name: 'npm: npm install -g into an empty prefix, einlass demo --tour from another folder',
    needs: ['npm'],
    async run({ build, work }) {
      const [prefix, elsewhere] = [join(work, 'prefix'), join(work, 'elsewhere')]
      for (const folder of [join(prefix, 'lib'), elsewhere]) await mkdir(folder, { recursive: true })
      const file = join(build, `einlass-${manifest.version}.tgz`)
      run('npm', ['install', '--global', '--prefix', prefix, '--no-fund', '--no-audit', file], elsewhere)
      const printed = run(join(prefix, 'bin/einlass'), ['demo', '--tour', '--port', '0'], elsewhere)
      return `${tourResult(printed)}; installed with Node.js ${sizeOf(prefix)}`
    },
  },
]

function run(command: string, args: readonly string[], cwd: string): string {
  // As a person has it: not the Node 26 on the PATH of npm's scripts, nor their prefix; but the registry of this machine.
  const path = process.env['PATH']!.split(delimiter).filter((folder) => !folder.includes('node_modules'))
  const own =
    /^(?:npm_(?:execpath|node_execpath|lifecycle_.*|package_.*|config_(?:local_|global_)?prefix)|NODE_COMPILE_CACHE)$/
  const rest = Object.entries(process.env).filter(([name]) => !own.test(name))
  const env = { ...Object.fromEntries(rest), PATH: path.join(delimiter) }
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: 'utf8', timeout: 300_000 })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`)
  return stdout
}
