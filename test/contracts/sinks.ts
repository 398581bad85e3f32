// Contract tests of every audit sink.

import { afterEach, describe, expect, test } from 'vitest'
import { vi } from 'vitest'
import type { Sink } from '../../src/audit/sink.ts'
import { accessLine, grantLine } from '../audit/audit-lines.ts'

export interface SinkUnderTest {
  readonly sink: Sink
  /** Delivered events in order: one text per event, which contains the name of its app. */
  readonly arrived: () => readonly string[]
}

/** `make` opens a new sink, which the contract closes. */
export function sinkContract(name: string, make: () => Promise<SinkUnderTest>): void {
  describe(`every sink: ${name}`, () => {
    const open: Sink[] = []
    afterEach(async () => {
      await Promise.all(open.splice(0).map((sink) => sink.close()))
    })
    async function opened(): Promise<SinkUnderTest> {
      const made = await make()
      open.push(made.sink)
      return made
    }
    const apps = (texts: readonly string[]): string[] => texts.flatMap((text) => /app-\d+/.exec(text)?.[0] ?? [])

    test('has the given name', async () => {
      expect((await opened()).sink.name).toBe(name)
    })

    test('delivers each event once and in order', async () => {
      const { sink, arrived } = await opened()
      await sink.write(Buffer.from(grantLine('app-1') + grantLine('app-2')))
      await sink.write(Buffer.from(grantLine('app-3')))
      await vi.waitFor(() => expect(apps(arrived())).toEqual(['app-1', 'app-2', 'app-3']), { timeout: 5000 })
    })

    test('accepts a large batch completely', async () => {
      const { sink, arrived } = await opened()
      const wanted = Array.from({ length: 20 }, (_, i) => `app-${i}`)
      await sink.write(Buffer.from(wanted.map((app) => accessLine().repeat(100) + grantLine(app)).join('')))
      await vi.waitFor(() => expect(apps(arrived())).toEqual(wanted), { timeout: 10_000 })
    })

    test('accepts an empty batch, and invalid events, without an error', async () => {
      const { sink, arrived } = await opened()
      await sink.write(Buffer.alloc(0))
      await sink.write(Buffer.from('{"class_uid":3005}\nnot json\n\n{"class_uid":\n[]\n'))
      await sink.write(Buffer.from(grantLine('app-9')))
      await vi.waitFor(() => expect(apps(arrived())).toEqual(['app-9']), { timeout: 5000 })
    })

    test('may be closed twice', async () => {
      const { sink } = await opened()
      await sink.close()
      await sink.close()
    })
  })
}
