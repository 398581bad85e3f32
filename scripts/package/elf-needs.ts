// Shared libraries that an ELF executable needs, with the newest symbol version of each: from its dynamic section.

import { openSync, closeSync, readSync } from 'node:fs'

export interface Needed {
  /** As in `DT_NEEDED`: `libc.so.6`. */
  readonly library: string
  /** Symbol versions it refers to: `GLIBC_2.28`. */
  readonly versions: readonly string[]
}

const loadSegment = 1
const dynamicSegment = 2
const tag = { needed: 1n, strings: 5n, versions: 0x6ffffffen, versionCount: 0x6fffffffn }

/** 64-bit little-endian executables (amd64, arm64) only. Throws for any other file. */
export function elfNeeds(file: string): readonly Needed[] {
  const fd = openSync(file, 'r')
  try {
    const read = (at: number, length: number): Buffer => {
      const bytes = Buffer.alloc(length)
      return bytes.subarray(0, readSync(fd, bytes, 0, length, at))
    }
    const header = read(0, 64)
    if (header.readUInt32BE(0) !== 0x7f454c46 || header[4] !== 2 || header[5] !== 1)
      throw new Error(`${file}: not ELF64`)
    return needsOf(read, segmentsOf(read, header))
  } finally {
    closeSync(fd)
  }
}

type Read = (at: number, length: number) => Buffer

interface Segment {
  readonly type: number
  readonly offset: number
  readonly address: number
  readonly size: number
}

function segmentsOf(read: Read, header: Buffer): readonly Segment[] {
  const size = header.readUInt16LE(54)
  return Array.from({ length: header.readUInt16LE(56) }, (_, index) => {
    const entry = read(Number(header.readBigUInt64LE(32)) + index * size, size)
    return {
      type: entry.readUInt32LE(0),
      offset: Number(entry.readBigUInt64LE(8)),
      address: Number(entry.readBigUInt64LE(16)),
      size: Number(entry.readBigUInt64LE(32)),
    }
  })
}

function needsOf(read: Read, segments: readonly Segment[]): readonly Needed[] {
  const dynamic = segments.find(({ type }) => type === dynamicSegment)
  if (dynamic === undefined) return []
  const table = read(dynamic.offset, dynamic.size)
  const entries = Array.from({ length: table.length / 16 }, (_, index) => ({
    tag: table.readBigUInt64LE(index * 16),
    value: Number(table.readBigUInt64LE(index * 16 + 8)),
  }))
  const value = (wanted: bigint): number => entries.find((entry) => entry.tag === wanted)?.value ?? 0
  const offsetOf = (address: number): number => {
    const segment = segments.find(
      (one) => one.type === loadSegment && address >= one.address && address < one.address + one.size,
    )
    if (segment === undefined) throw new Error('an address outside all segments')
    return address - segment.address + segment.offset
  }
  const strings = offsetOf(value(tag.strings))
  const text = (at: number): string => {
    const bytes = read(strings + at, 256)
    return bytes.toString('latin1', 0, bytes.indexOf(0))
  }
  const versions = new Map<string, string[]>()
  let at = value(tag.versionCount) === 0 ? 0 : offsetOf(value(tag.versions))
  for (let left = value(tag.versionCount); left > 0; left--) {
    const need = read(at, 16)
    const found: string[] = []
    let next = at + need.readUInt32LE(8)
    for (let count = need.readUInt16LE(2); count > 0; count--) {
      const one = read(next, 16)
      found.push(text(one.readUInt32LE(8)))
      next += one.readUInt32LE(12)
    }
    versions.set(text(need.readUInt32LE(4)), found)
    at += need.readUInt32LE(12)
  }
  return entries
    .filter((entry) => entry.tag === tag.needed)
    .map((entry) => text(entry.value))
    .map((library) => ({ library, versions: versions.get(library) ?? [] }))
}
