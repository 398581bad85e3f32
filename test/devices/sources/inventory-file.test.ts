// Inventory files: YAML and CSV are equivalent, an error rejects the whole file, changes are detected, invalid ones ignored.

import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openInventory } from '../../../src/devices/sources/inventory-file.ts'
import { parseInventory } from '../../../src/devices/sources/inventory-parser.ts'
import type { PostureSource } from '../../../src/devices/posture-source.ts'
import { createDeviceFixtures, start } from '../posture-query-fixtures.ts'

const yaml = `
devices:
  - id: LT-1
    owner: Anna@Example.com
    managed: true
    disk_encrypted: false
    os: { name: Windows, version: "10.0.22631" }
    antivirus: healthy
    risk: low
    observed_at: 2026-11-30T08:00:00Z
  - id: LT-2
`
const csv = `id,owner,managed,disk_encrypted,os_name,os_version,antivirus,risk,observed_at\r
LT-1,Anna@Example.com,true,false,Windows,10.0.22631,healthy,low,2026-11-30T08:00:00Z\r
LT-2,,,,,,,,\r
`

describe('parsing', () => {
  test('gives the same result for a YAML list, a YAML mapping and CSV', () => {
    const list = parseInventory(yaml, 'inventory', 'yaml')
    expect(list.get('LT-1')?.posture).toMatchObject({
      deviceId: 'LT-1',
      owner: 'anna@example.com',
      managed: true,
      diskEncrypted: false,
      firewall: undefined,
      os: { name: 'windows', version: '10.0.22631' },
      antivirus: { present: true, healthy: true },
      observedAt: Date.parse('2026-11-30T08:00:00Z'),
    })
    expect(parseInventory(csv, 'inventory', 'csv')).toEqual(list)
    const mapping = yaml
      .replace('- id: LT-1', '  LT-1:')
      .replace('- id: LT-2', 'LT-2: {}')
      .replaceAll('\n    ', '\n      ')
    expect(
      parseInventory(mapping.replace('      LT-1:', '  LT-1:').replace('    LT-1:', '  LT-1:'), 'inventory', 'yaml'),
    ).toEqual(list)
  })

  test.each([
    ['yaml', 'devices:\n  - id: a\n    manged: true', 'unknown key manged'],
    ['yaml', 'devices:\n  - id: a\n    managed: yes please', 'managed cannot be read'],
    ['yaml', 'devices:\n  - id: a\n  - id: a', 'a is there twice'],
    ['yaml', 'devices:\n  - managed: true', 'devices[0]: id is missing'],
    ['yaml', 'devices: 7', 'neither a list nor a mapping'],
    ['yaml', 'devices: [', ''],
    ['yaml', '', 'neither'],
    ['yaml', 'devices:\n  - id: a\n    observed_at: soon', 'observed_at'],
    ['yaml', 'a: &a [1]\ndevices: *a', ''],
    ['yaml', 'devices:\n  - id: a\n    key: {kty: EC, d: secret}', 'private'],
    ['csv', 'name\nx', 'no column id'],
    ['csv', 'id,managed\na', 'line 2: 1 cells, not 2'],
    ['csv', 'id,id\na,b', 'twice'],
    ['csv', 'id\n"a', 'does not end'],
    ['csv', 'id\n"a"b', 'text after a quoted cell'],
    ['csv', 'id,risk\na,extreme', 'line 2: risk cannot be read'],
    ['csv', 'id,key\na,{', 'no JSON'],
    ['csv', 'id,os_name,os_version\na,,10', 'line 2: os cannot be read'],
    ['csv', 'id,os_name\na,Windows', 'line 2: os cannot be read'],
    ['csv', '', 'no column id'],
  ] as const)('%s %j is rejected', (format, text, message) => {
    expect(() => parseInventory(text, 'inventory', format)).toThrow(message)
    expect(() => parseInventory(text, 'inventory', format)).toThrow(
      expect.objectContaining({ code: 'inventory_invalid' }),
    )
  })

  test('any CSV cell is read as it was written (RFC 4180)', () => {
    const cell = fc.string().map((text) => text.replaceAll(/[^ -~\n"]/g, '').trim())
    fc.assert(
      fc.property(fc.array(cell, { minLength: 1, maxLength: 5 }), fc.constantFrom('\n', '\r\n'), (owners, end) => {
        const text = ['id,owner', ...owners.map((owner, i) => `d${i},"${owner.replaceAll('"', '""')}"`)].join(end)
        const devices = parseInventory(text, 'inventory', 'csv')
        expect([...devices.values()].map(({ posture }) => posture.owner)).toEqual(
          owners.map((owner) => owner.toLowerCase() || undefined),
        )
      }),
    )
  })

  test('any text is parsed or rejected with InventoryInvalid', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('yaml' as const, 'csv' as const), (text, format) => {
        try {
          parseInventory(text, 'inventory', format)
        } catch (error) {
          expect(error).toMatchObject({ code: 'inventory_invalid' })
        }
      }),
    )
  })
})

describe('watching', () => {
  let folder: string
  let file: string
  let source: PostureSource
  let changed: string[][]
  let fixtures: ReturnType<typeof createDeviceFixtures>

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'einlass-inventory-'))
    file = join(folder, 'inventory.yaml')
    writeFileSync(file, yaml)
    fixtures = createDeviceFixtures()
    changed = []
    source = await openInventory({ name: 'inventory', file }, fixtures.deps)
    source.onChange!((ids) => changed.push([...ids]))
  })
  afterEach(async () => {
    await source.stop()
    await fixtures.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  const poll = <T>(read: () => T) => expect.poll(read, { timeout: 5000, interval: 10 })
  const managed = (id = 'LT-1') => (source.lookUp!(id) as { managed?: boolean } | undefined)?.managed

  test('returns its devices; facts without a time count as observed now', () => {
    expect(source.lookUp!('LT-1')).toMatchObject({ managed: true, observedAt: Date.parse('2026-11-30T08:00:00Z') })
    fixtures.clock.at += 5000
    expect(source.lookUp!('LT-2')).toMatchObject({ managed: undefined, observedAt: start + 5000 })
    expect(source.lookUp!('LT-3')).toBeUndefined()
    expect(source.ids!()).toEqual(['LT-1', 'LT-2'])
  })

  test('a change is detected, and lists the devices concerned', async () => {
    writeFileSync(file, yaml.replace('managed: true', 'managed: false').replace('id: LT-2', 'id: LT-3'))
    await poll(() => changed.flat().sort()).toEqual(['LT-1', 'LT-2', 'LT-3'])
    expect(managed()).toBe(false)
  })

  test('replacement by rename is detected', async () => {
    const next = join(folder, '.inventory.yaml.tmp')
    writeFileSync(next, yaml.replace('managed: true', 'managed: false'))
    renameSync(next, file)
    await poll(() => managed()).toBe(false)
    expect(changed).toEqual([['LT-1']])
  })

  test('an invalid file leaves the old facts, is logged once, and recovers', async () => {
    writeFileSync(file, 'devices: [')
    await poll(() => fixtures.lines.join('')).toContain('stays in use')
    expect(managed()).toBe(true)
    await new Promise((resolve) => setTimeout(resolve, 1200))
    expect(fixtures.lines.join('').match(/stays in use/g)).toHaveLength(1)
    writeFileSync(file, yaml.replace('managed: true', 'managed: false'))
    await poll(() => managed()).toBe(false)
  })

  test('a file that disappears leaves the old facts until it is back', async () => {
    unlinkSync(file)
    await poll(() => fixtures.lines.join('')).toContain('ENOENT')
    expect(managed()).toBe(true)
    writeFileSync(file, yaml.replace('managed: true', 'managed: false'))
    await poll(() => managed()).toBe(false)
  })

  test('rewriting the same content changes nothing', async () => {
    writeFileSync(file, yaml)
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(changed).toEqual([])
  })

  test('a changed symbolic link is detected, as used by orchestrators', async () => {
    const mount = join(folder, 'mount')
    for (const [name, text] of [
      ['one', yaml],
      ['two', yaml.replace('managed: true', 'managed: false')],
    ] as const) {
      mkdirSync(join(mount, name), { recursive: true })
      writeFileSync(join(mount, name, 'inventory.yaml'), text)
    }
    symlinkSync('one', join(mount, '..data'))
    symlinkSync('..data/inventory.yaml', join(mount, 'inventory.yaml'))
    const linked = await openInventory({ name: 'inventory', file: join(mount, 'inventory.yaml') }, fixtures.deps)
    try {
      symlinkSync('two', join(mount, '..data_tmp'))
      renameSync(join(mount, '..data_tmp'), join(mount, '..data'))
      await poll(() => (linked.lookUp!('LT-1') as { managed?: boolean }).managed).toBe(false)
    } finally {
      await linked.stop()
    }
  })

  test('opening an invalid or missing file is rejected', async () => {
    writeFileSync(join(folder, 'bad.yaml'), 'devices: 7')
    await expect(openInventory({ name: 'i', file: join(folder, 'bad.yaml') }, fixtures.deps)).rejects.toMatchObject({
      code: 'inventory_invalid',
    })
    await expect(openInventory({ name: 'i', file: join(folder, 'none.csv') }, fixtures.deps)).rejects.toMatchObject({
      code: 'ENOENT',
    })
  })
})
