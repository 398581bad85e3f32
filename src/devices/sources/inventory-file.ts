// Posture source: look-up in an inventory file (YAML, CSV), reread on change; an invalid file leaves the old facts in use.

import { extname } from 'node:path'
import type { Logger } from '../../telemetry/logger.ts'
import { parseInventory, type Inventory, type InventoryDevice } from './inventory-parser.ts'
import type { PostureSource } from '../posture-source.ts'
import { factsKey } from '../posture.ts'
import { watchFile } from './watched-file.ts'

export interface InventorySettings {
  readonly name: string
  /** Absolute path; `.csv` is CSV, anything else YAML. */
  readonly file: string
}

/**
 * Rejects when the file cannot be read now. Facts without `observed_at` hold as long as they are in the file, so they
 * count as observed at the time of the look-up.
 */
export async function openInventory(
  settings: InventorySettings,
  { now, log }: { readonly now: () => number; readonly log: Logger },
): Promise<PostureSource> {
  const listeners: ((deviceIds: readonly string[]) => void)[] = []
  const format = extname(settings.file).toLowerCase() === '.csv' ? 'csv' : 'yaml'
  const file = await watchFile<Inventory>({
    path: settings.file,
    log,
    parse: (text) => parseInventory(text, settings.name, format),
    changed(content, previous) {
      const ids = changedDevices(content, previous)
      if (ids.length === 0) return
      for (const listener of listeners) listener(ids)
    },
  })

  return {
    name: settings.name,
    headers: [],
    lookUp(deviceId) {
      const device = file.content().get(deviceId)
      if (device === undefined) return undefined
      return device.dated ? device.posture : { ...device.posture, observedAt: now() }
    },
    ids: () => [...file.content().keys()],
    onChange: (listener) => void listeners.push(listener),
    stop: file.stop,
  }
}

function changedDevices(next: Inventory, previous: Inventory): string[] {
  const factsOf = (device: InventoryDevice | undefined) =>
    device && `${device.dated ? device.posture.observedAt : ''} ${factsKey(device.posture)}`
  return [...new Set([...next.keys(), ...previous.keys()])].filter(
    (id) => factsOf(next.get(id)) !== factsOf(previous.get(id)),
  )
}
