// What the bundler puts into the bundle, and what it refuses: code that would look for its files in another place.

import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { rolldown } from 'rolldown'
import { expect, test } from 'vitest'
import { embedFiles } from '../../scripts/package/embed-files.ts'
import { loadWhenUsed } from '../../scripts/package/load-when-used.ts'
import { folder } from '../config/config-fixtures.ts'

/** Bundles `src/entry.ts` of these files. */
async function bundled(files: Readonly<Record<string, string>>): Promise<string> {
  const place = await folder()
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(place, name)), { recursive: true })
    await writeFile(join(place, name), text)
  }
  const entry = join(place, 'src/entry.ts')
  const plugins = [loadWhenUsed(['ws']), embedFiles({ sources: join(place, 'src'), entry })]
  const building = await rolldown({ input: entry, cwd: place, platform: 'node', tsconfig: false, plugins })
  const { output } = await building.generate({ format: 'esm', codeSplitting: false })
  await building.close()
  return output[0].code
}

/** What the bundle exports as `default`, run where none of the files are. */
async function exported(files: Readonly<Record<string, string>>): Promise<unknown> {
  const code = await bundled(files)
  return ((await import(`data:text/javascript,${encodeURIComponent(code)}`)) as { default: unknown }).default
}

test('files that a module reads are in the bundle, by name or by folder, as bytes or as text', async () => {
  const entry = `
    import { readFileSync } from 'node:fs'
    const read = (name: string): Buffer => readFileSync(new URL(\`./assets/\${name}\`, import.meta.url))
    export default [
      readFileSync(new URL('./one.txt', import.meta.url), 'utf8'),
      read('style/a.css').toString('latin1'),
      [...read('font.woff2')],
    ]`
  const bytes = '\u0000\u0001$& $1 `'
  const files = { 'src/one.txt': 'ä', 'src/assets/style/a.css': 'a{}', 'src/assets/font.woff2': bytes }
  expect(await exported({ 'src/entry.ts': entry, ...files })).toEqual(['ä', 'a{}', [...Buffer.from(bytes)]])
})

test('a file that is not below the folder is not found', async () => {
  const entry = `
    import { readFileSync } from 'node:fs'
    const name: string = '../secret'
    export default () => readFileSync(new URL(\`./assets/\${name}\`, import.meta.url))`
  const files = { 'src/entry.ts': entry, 'src/assets/a.css': '', 'src/secret': 'secret' }
  const read = (await exported(files)) as () => Buffer
  expect(read).toThrow('not in this package: ./assets/../secret')
})

test('a file of a library is in the bundle', async () => {
  const entry = `
    import { readFileSync } from 'node:fs'
    import { fileURLToPath } from 'node:url'
    export default readFileSync(fileURLToPath(import.meta.resolve('yaml/package.json')), 'utf8')`
  expect(await exported({ 'src/entry.ts': entry })).toContain('"name": "yaml"')
})

test('the URL of the entry point is that of the bundle', async () => {
  const entry = `export { program as default } from './deep/worker.ts'`
  const worker = `export const program = new URL('../entry.ts', import.meta.url).href`
  expect(await exported({ 'src/entry.ts': entry, 'src/deep/worker.ts': worker })).toMatch(/^data:text/)
})

test('libraries of the demo load where they are used, not at the start', async () => {
  const entry = `export default async () => (await import('./demo.ts')).socket`
  const demo = `import { WebSocket } from 'ws'\nexport const socket = WebSocket`
  const code = await bundled({ 'src/entry.ts': entry, 'src/demo.ts': demo })
  expect(code).not.toMatch(/^import .* from ["']ws["']/m)
  expect(code).toContain('__require("ws")')
})

test.each([
  ['a path computed from the place', `export default new URL(String(process.argv[2]), import.meta.url)`],
  ['another module by its URL', `export default new URL('./other.ts', import.meta.url)`],
  ['the folder of a module', `export default import.meta.dirname`],
  [
    'a file by a name without a folder',
    "import { readFileSync } from 'node:fs'\nexport const f = (n: string) => readFileSync(new URL(`${n}`, import.meta.url))",
  ],
])('what depends on the place of a module fails the build: %s', async (_, entry) => {
  await expect(bundled({ 'src/entry.ts': entry })).rejects.toThrow('it depends on its place')
})

test('a library that depends on its place fails the build', async () => {
  const files = {
    'src/entry.ts': `export { default } from 'placed'`,
    'node_modules/placed/package.json': '{"name":"placed","main":"index.js"}',
    'node_modules/placed/index.js': `module.exports = require('node:fs').readFileSync(__dirname + '/data')`,
  }
  await expect(bundled(files)).rejects.toThrow(/placed.index\.js: it depends on its place/)
})
