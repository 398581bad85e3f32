// The systemd service that `einlass init` offers: where it can be started, and by which commands.

import { expect, test } from 'vitest'
import { planService, runCommands, servicePlaces } from '../../../src/cli/init/service.ts'

const systemd = '/run/systemd/system'
const packaged = '/usr/lib/systemd/system/einlass.service'

test('with the unit of the package, root starts it; the secrets go to its group, unwritable', () => {
  const plan = planService('/etc/einlass', { exists: (path) => [systemd, packaged].includes(path), root: true })
  expect(plan).toEqual({
    possible: true,
    commands: [
      [
        'chown',
        'root:einlass',
        '/etc/einlass',
        '/etc/einlass/einlass.yaml',
        '/etc/einlass/secret.key',
        '/etc/einlass/client.secret',
      ],
      ['chmod', '0640', '/etc/einlass/einlass.yaml', '/etc/einlass/secret.key', '/etc/einlass/client.secret'],
      ['systemctl', 'enable', '--now', 'einlass'],
    ],
  })
})

test('copies of authorities go to its group as well', () => {
  const there = [systemd, packaged, '/etc/einlass/acme-ca.pem']
  const plan = planService('/etc/einlass', { exists: (path) => there.includes(path), root: true })
  for (const words of plan!.commands.slice(0, 2)) expect(words.at(-1)).toBe('/etc/einlass/acme-ca.pem')
})

test('without systemd, which alone makes /run/einlass, the admin socket is in a folder that the package makes', () => {
  expect(servicePlaces((path) => path === systemd).adminSocket).toBe('/run/einlass/admin.sock')
  expect(servicePlaces(() => false).adminSocket).toBe('/var/lib/einlass/admin.sock')
})

test('without the unit, or without root, it only says how', () => {
  const unpacked = planService('/etc/einlass', { exists: (path) => !path.includes('/systemd/system/'), root: true })
  expect(unpacked?.possible).toBe(false)
  expect(unpacked?.commands.map(([program]) => program)).toEqual([
    'useradd',
    'install',
    'sed',
    'systemctl',
    'chown',
    'chmod',
    'systemctl',
  ])
  expect(planService('/etc/einlass', { exists: () => true, root: false })?.possible).toBe(false)
})

test.each([
  ['the configuration is elsewhere', '/srv/einlass', () => true],
  ['systemd does not run here', '/etc/einlass', (path: string) => path !== systemd],
])('nothing is offered where %s', (_what, directory, exists) => {
  expect(planService(directory, { exists, root: true })).toBeUndefined()
})

test('the first command that fails ends it, and is named', () => {
  expect(runCommands([['true'], ['false', 'now'], ['true', 'never']])).toEqual(['false', 'now'])
  expect(runCommands([['true']])).toBeUndefined()
})
