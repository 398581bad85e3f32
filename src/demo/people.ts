// Users of the demo, and the user directory of its identity provider.

import { randomBytes } from 'node:crypto'
import type { Language } from '../web/kit/language.ts'

export interface Person {
  readonly username: string
  readonly name: string
  readonly email: string
  readonly password: string
  /** Whether the sign-in page keeps it to itself. Default: it is filled in. */
  readonly passwordHidden?: boolean
  readonly groups: readonly string[]
  readonly secondFactor: 'none' | 'totp' | 'passkey'
  /** Subject identifier; default: the username. */
  readonly sub?: string
  /** The claim `zoneinfo`, an IANA name. */
  readonly zoneInfo?: string | undefined
  /** Description on the sign-in page. */
  readonly about?: Readonly<Record<Language, string>>
}

export interface Entry extends Person {
  readonly sub: string
  readonly disabled: boolean
  /** Shared with the person's authenticator app. */
  readonly totpSecret: Buffer
}

export interface Directory {
  all(): readonly Entry[]
  byUsername(username: string): Entry | undefined
  bySub(sub: string): Entry | undefined
  /** Throws for an unknown username: a test that changes no user would prove nothing. */
  change(username: string, change: Partial<Pick<Entry, 'groups' | 'disabled' | 'zoneInfo'>>): Entry
}

export function createDirectory(people: readonly Person[]): Directory {
  const entries = new Map<string, Entry>()
  for (const person of people) {
    const sub = person.sub ?? person.username
    entries.set(person.username, { ...person, sub, disabled: false, totpSecret: randomBytes(20) })
  }
  return {
    all: () => [...entries.values()],
    byUsername: (username) => entries.get(username),
    bySub: (sub) => [...entries.values()].find((entry) => entry.sub === sub),
    change(username, change) {
      const before = entries.get(username)
      if (!before) throw new Error(`unknown user ${username}`)
      const after = { ...before, ...change }
      entries.set(username, after)
      return after
    },
  }
}

/** Users of `einlass demo`. Not secret: the sign-in page shows the passwords. */
export const staff: readonly Person[] = [
  {
    username: 'erika',
    name: 'Erika Musterfrau',
    email: 'erika@example.com',
    password: 'sonne-regen',
    groups: ['staff', 'production'],
    secondFactor: 'none',
    about: {
      en: 'Production planning. Password only, no second factor.',
      de: 'Produktionsplanung. Nur Passwort, kein zweiter Faktor.',
    },
  },
  {
    username: 'thomas',
    name: 'Thomas Berger',
    email: 'thomas@example.com',
    password: 'tal-und-berg',
    groups: ['staff', 'finance'],
    secondFactor: 'totp',
    about: {
      en: 'Finance. Password and one-time code from his phone.',
      de: 'Finanzen. Passwort und Einmalcode vom Telefon.',
    },
  },
  {
    username: 'ada',
    name: 'Ada Keller',
    email: 'ada@example.com',
    password: 'schloss-turm',
    groups: ['staff', 'it-admins'],
    secondFactor: 'passkey',
    about: {
      en: 'IT administration. Password and a passkey.',
      de: 'IT-Administration. Passwort und Passkey.',
    },
  },
  {
    username: 'vera',
    name: 'Vera Lindner',
    email: 'vera@example.com',
    password: 'herbst-laub',
    groups: ['staff', 'audit'],
    secondFactor: 'totp',
    about: {
      en: 'Internal audit, reviews who has access. Password and one-time code.',
      de: 'Innenrevision, prüft, wer Zugang hat. Passwort und Einmalcode.',
    },
  },
]

export const externals: readonly Person[] = [
  {
    username: 'miro',
    name: 'Miro Novák',
    email: 'miro@partner.example',
    password: 'hammer-feile',
    groups: ['technicians'],
    secondFactor: 'totp',
    about: {
      en: 'Technician of the machine manufacturer. External: gets in by a grant, for a few minutes.',
      de: 'Techniker des Maschinenherstellers. Extern: hat Zugang auf Zeit, für einige Minuten.',
    },
  },
]
