// Permission model with workers, in the bundle: the flags of the service unit plus --allow-child-process; workers themselves may start nothing.

import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Status } from '../../src/server/management/status.ts'
import type { NodeProcess } from '../support/gateway-process.ts'
import { serviceCommand } from '../../scripts/package/service-command.ts'
import { buildPackagedProgram, type PackagedProgram } from '../support/packaged-program.ts'
import { startTestEnvironment, type TestEnvironment } from '../support/test-environment.ts'

const root = resolve(import.meta.dirname, '../..')
const { flags } = serviceCommand()

let stage: TestEnvironment
let node: NodeProcess
let program: PackagedProgram

beforeAll(async () => {
  program = await buildPackagedProgram()
  stage = await startTestEnvironment({
    apps: { wiki: { policy: [{ allow: { groups: ['staff'] } }] } },
    more: () => ({ gateway: { workers: 2 } }),
  })
  const places: readonly (readonly [string, string])[] = [
    ['/usr/lib/einlass', program.folder],
    // All files of a node in one folder: sandbox.test.ts checks the separate write permissions.
    ['/etc/einlass', stage.folder],
    ['/var/lib/einlass', stage.folder],
    ['/var/log/einlass', stage.folder],
    ['/run/einlass', stage.folder],
  ]
  const here = flags.map((flag) => places.reduce((text, [there, at]) => text.replace(there, at), flag))
  const tries = join(root, 'test/security/forbidden-operations.mjs')
  node = await stage.startNode(
    'a',
    {},
    [...here, '--allow-child-process', `--allow-fs-read=${dirname(tries)}`, '--import', tries],
    program.bundle,
  )
})
afterAll(async () => {
  await stage?.stop()
  await program?.remove()
})

test('sign-in, audit and metrics work', async () => {
  const erika = stage.person('erika')
  expect((await erika.signIn(stage.origin('wiki'), node.port)).status).toBe(200)
  expect((await node.event(({ class_uid }) => class_uid === 4002)).class_uid).toBe(4002)
  erika.close()
})

test('a compromised worker can start no process and write only to its own paths', async () => {
  const { value } = await node.admin('GET', '/status')
  const [worker] = (value as Status).workers.processes
  process.kill(worker!.pid, 'SIGUSR2')
  await expect.poll(node.output).toContain('tried everything')
  const tried = new Map(
    [...node.output().matchAll(/^tried ([^:\n]+): (.*)$/gm)].map(([, name, outcome]) => [name!, outcome!]),
  )
  for (const name of ['child process', 'worker', 'file of the system', 'own environment', 'own program']) {
    expect(tried.get(name), name).toBe('ERR_ACCESS_DENIED')
  }
})

test('without the flag there is one worker, with the reason; a configured number is an error', async () => {
  const { output } = await stopped()
  expect(output).toContain(
    'einlass serve: gateway.workers: only one is possible here: this process may start no others (--permission without --allow-child-process)',
  )
})

/** A gateway of the same environment under the full permission model. */
async function stopped(): Promise<{ output: string }> {
  return stage
    .startNode(
      'b',
      {},
      [
        '--permission',
        '--allow-net',
        `--allow-fs-read=${program.folder}`,
        `--allow-fs-read=${stage.folder}`,
        `--allow-fs-write=${stage.folder}`,
      ],
      program.bundle,
    )
    .then(
      () => ({ output: 'it opened' }),
      (error: Error) => ({ output: error.message }),
    )
}
