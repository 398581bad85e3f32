// Sealed note of an app's host to the gateway's host: the session to end, where the cookies of the two do not agree.

import { randomBytes } from 'node:crypto'
import type { Seal } from '../../store/seal.ts'

export interface SignOutNotes {
  /** URL parameter. */
  write(session: string): string
  /** Id of the session; undefined when absent, forged or older than a quarter of an hour. */
  read(note: string | undefined): string | undefined
}

const lifetime = 15 * 60_000
const maxLength = 400

/** `now`: epoch milliseconds. Who has a note can end that session, after a confirmation, and nothing else. */
export function createSignOutNotes(seal: Pick<Seal, 'seal' | 'open'>, now: () => number): SignOutNotes {
  return {
    write(session) {
      const id = randomBytes(12).toString('base64url')
      return `${id}.${seal.seal('signout', id, JSON.stringify([now(), session]))}`
    },
    read(note) {
      if (note === undefined || note.length > maxLength) return undefined
      const dot = note.indexOf('.')
      const text = dot === -1 ? undefined : seal.open('signout', note.slice(0, dot), note.slice(dot + 1))
      if (text === undefined) return undefined
      const [at, session] = JSON.parse(text) as [number, string]
      return now() - at < lifetime ? session : undefined
    },
  }
}
