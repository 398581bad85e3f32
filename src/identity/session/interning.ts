// Interning of values that many sessions share (groups, amr, user agents): each is in memory once.

import type { Subject } from '../../policy/subject.ts'
import type { Session, SessionWithTokens } from './session.ts'

/** Returns the session without its tokens, built from shared strings and lists. `id`: the string the caller looked up. */
export type InternSession = (session: SessionWithTokens, id: string) => Session

/** Characters of shared values; beyond it the tables are cleared. Existing sessions keep their values. */
const maxCharacters = 4_000_000

export function createInterning(): InternSession {
  const texts = new Map<string, string>()
  const lists = new Map<string, readonly string[]>()
  let characters = 0

  const reserve = (wanted: number): void => {
    characters += wanted
    if (characters <= maxCharacters) return
    texts.clear()
    lists.clear()
    characters = wanted
  }

  const text = (value: string): string => {
    const known = texts.get(value)
    if (known !== undefined) return known
    reserve(value.length)
    texts.set(value, value)
    return value
  }

  const list = (values: readonly string[]): readonly string[] => {
    const name = JSON.stringify(values)
    const known = lists.get(name)
    if (known !== undefined) return known
    reserve(name.length)
    const made = values.map(text)
    lists.set(name, made)
    return made
  }

  /** Most claims repeat an attribute of the subject: unique to it, so not worth sharing. */
  const claim = (values: readonly string[], { sub, email, name, username }: Subject): readonly string[] => {
    const [only] = values
    const own = values.length === 1 ? [sub, email, name, username].find((one) => one === only) : undefined
    return own === undefined ? list(values) : [own]
  }

  return ({ tokens: _tokens, ...session }, id) => {
    const { subject, authentication, userAgent, address, device } = session
    const claims = Object.entries(subject.claims).map(([name, values]) => [name, claim(values, subject)] as const)
    return {
      ...session,
      id,
      subject: {
        ...subject,
        provider: text(subject.provider),
        groups: list(subject.groups),
        claims: Object.fromEntries(claims),
      },
      authentication: {
        ...authentication,
        acr: authentication.acr && text(authentication.acr),
        amr: list(authentication.amr),
      },
      userAgent: userAgent && text(userAgent),
      address: address && text(address),
      device: device && text(device),
    }
  }
}
