// Parser for device inventories: YAML (or JSON) with `devices`, or CSV (RFC 4180). One error rejects the whole file.

import { parse as parseYaml } from 'yaml'
import type { Posture } from '../../policy/device.ts'
import { attributeNames, isDeviceId, readPosture } from '../posture.ts'

export interface InventoryDevice {
  readonly posture: Posture
  /** False: the record has no `observed_at`; its facts hold as long as they are in the file. */
  readonly dated: boolean
  /** Public key (JWK) that verifies posture tokens of this device. */
  readonly key: Readonly<Record<string, unknown>> | undefined
}

export type Inventory = ReadonlyMap<string, InventoryDevice>

export class InventoryInvalid extends Error {
  readonly code = 'inventory_invalid'
}

/**
 * YAML: `devices:` as a list of records with `id`, or as a mapping from id to record. CSV (RFC 4180): columns `id, owner,
 * managed, compliant, disk_encrypted, screen_lock, firewall, os_name, os_version, antivirus, risk, observed_at, key`;
 * an empty cell is unknown. Throws `InventoryInvalid` with the position of the first error.
 */
export function parseInventory(text: string, source: string, format: 'yaml' | 'csv'): Inventory {
  const records = format === 'csv' ? csvRecords(text) : yamlRecords(text)
  const devices = new Map<string, InventoryDevice>()
  for (const [place, record] of records) {
    const { id } = record
    if (!isDeviceId(id)) throw new InventoryInvalid(`${place}: id is missing or has characters ids do not have`)
    if (devices.has(id)) throw new InventoryInvalid(`${place}: ${id} is there twice`)
    devices.set(id, device(record, id, source, place))
  }
  return devices
}

type InventoryRecord = Readonly<Record<string, unknown>>

const otherNames: readonly string[] = ['id', 'observed_at', 'key']

function device(record: InventoryRecord, deviceId: string, source: string, place: string): InventoryDevice {
  const unknown = Object.keys(record).find(
    (name) => !otherNames.includes(name) && !(attributeNames as readonly string[]).includes(name),
  )
  if (unknown !== undefined) throw new InventoryInvalid(`${place}: unknown key ${unknown}`)
  const stated = record['observed_at']
  const dated = stated !== undefined && stated !== null && stated !== ''
  const observedAt = dated ? Date.parse(String(stated)) : 0
  if (Number.isNaN(observedAt)) throw new InventoryInvalid(`${place}: observed_at is no time`)
  const { posture, unreadable } = readPosture(record, { deviceId, source, observedAt })
  if (unreadable.length > 0) throw new InventoryInvalid(`${place}: ${unreadable.join(', ')} cannot be read`)
  return { posture, dated, key: keyOf(record['key'], place) }
}

function keyOf(key: unknown, place: string): InventoryRecord | undefined {
  if (key === undefined || key === null || key === '') return undefined
  if (!isRecord(key)) throw new InventoryInvalid(`${place}: key is no JWK`)
  if ('d' in key) throw new InventoryInvalid(`${place}: key is private; the inventory holds public keys only`)
  return key
}

function yamlRecords(text: string): [string, InventoryRecord][] {
  let document: unknown
  try {
    // No aliases: a few lines can expand to gigabytes ("billion laughs").
    document = parseYaml(text, { maxAliasCount: 0 })
  } catch (cause) {
    throw new InventoryInvalid(cause instanceof Error ? cause.message.split('\n')[0] : 'not YAML', { cause })
  }
  const devices = isRecord(document) ? document['devices'] : undefined
  if (Array.isArray(devices)) {
    return devices.map((record: unknown, index) => {
      if (!isRecord(record)) throw new InventoryInvalid(`devices[${index}]: not a mapping`)
      return [`devices[${index}]`, record]
    })
  }
  if (!isRecord(devices)) throw new InventoryInvalid('devices: neither a list nor a mapping')
  return Object.entries(devices).map(([id, record]) => {
    if (!isRecord(record)) throw new InventoryInvalid(`devices.${id}: not a mapping`)
    return [`devices.${id}`, { ...record, id }]
  })
}

function csvRecords(text: string): [string, InventoryRecord][] {
  const [header, ...rows] = csvRows(text.startsWith('\ufeff') ? text.slice(1) : text)
  const names = header?.cells.map((name) => name.trim()) ?? []
  if (!names.includes('id')) throw new InventoryInvalid('line 1: there is no column id')
  if (new Set(names).size !== names.length) throw new InventoryInvalid('line 1: a column is there twice')
  return rows
    .filter(({ cells }) => cells.length > 1 || cells[0] !== '')
    .map(({ line, cells }) => {
      if (cells.length !== names.length)
        throw new InventoryInvalid(`line ${line}: ${cells.length} cells, not ${names.length}`)
      const { os_name, os_version, key, ...record } = Object.fromEntries(
        names.map((name, index) => [name, cells[index]!.trim()]),
      )
      const os = os_name || os_version ? { name: os_name ?? '', version: os_version ?? '' } : undefined
      return [`line ${line}`, { ...record, os, key: key ? jsonCell(key, line) : undefined }]
    })
}

function jsonCell(text: string, line: number): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new InventoryInvalid(`line ${line}: key is no JSON`, { cause })
  }
}

/** RFC 4180 section 2: quoted cells may contain commas, line ends and doubled quotes. */
function csvRows(text: string): { line: number; cells: string[] }[] {
  const rows: { line: number; cells: string[] }[] = []
  let cells: string[] = []
  let at = 0
  let line = 1
  let rowLine = 1
  while (at < text.length) {
    let cell = ''
    if (text[at] === '"') {
      const startLine = line
      for (at++; text[at] !== '"' || text[at + 1] === '"'; at++) {
        if (at >= text.length) throw new InventoryInvalid(`line ${startLine}: a quoted cell does not end`)
        if (text[at] === '\n') line++
        if (text[at] === '"') at++
        cell += text[at]
      }
      at++
    } else {
      const end = text.slice(at).search(/[,\r\n]/)
      cell = text.slice(at, end === -1 ? undefined : at + end)
      at += cell.length
    }
    cells.push(cell)
    if (text[at] === ',') {
      at++
      if (at < text.length) continue
      cells.push('')
    } else if (at < text.length && text[at] !== '\r' && text[at] !== '\n') {
      throw new InventoryInvalid(`line ${line}: text after a quoted cell`)
    }
    rows.push({ line: rowLine, cells })
    cells = []
    at += text.startsWith('\r\n', at) ? 2 : 1
    rowLine = ++line
  }
  return rows
}

function isRecord(value: unknown): value is InventoryRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
