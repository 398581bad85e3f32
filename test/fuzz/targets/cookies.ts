// Fuzz target cookies: session cookies are parsed like a strict parser or not at all; own cookies are stripped, others kept.

import { sessionCookie, withoutOwnCookies } from '../../../src/identity/session/cookies.ts'
import { signInCookies } from '../../../src/identity/session/sign-in-cookies.ts'
import { mutate, salt } from '../mutate.ts'
import { must, opened, type FuzzTarget } from '../target.ts'

const [one, two] = ['A'.repeat(43), 'b_-9'.repeat(10) + 'xyz']
const corpus = [
  `__Host-einlass=${one}`,
  `a=1; __Host-einlass=${one}; theme=dark`,
  `__Host-einlass=${one}; __Host-einlass=${two}`,
  `__Host-einlass=${one}; __Host-einlass=${one}`,
  `__Host-einlass-page-a=1.x.y; __Host-einlass=${two}; __Host-einlass-signin-b=${one}`,
  `x__Host-einlass=${one}; __host-einlass=${two}`,
  `a="; __Host-einlass=${one}"`,
]
const dictionary = [
  ...salt,
  '; ',
  ' ;',
  '__Host-einlass=',
  `__Host-einlass=${two}`,
  '__Host-',
  'einlass',
  '==',
  '; =',
  '"; ',
]

export const cookies: FuzzTarget = {
  name: 'cookies',
  law: 'read like the strictest reader, removed like the most lenient',
  weight: 1,
  open: async () =>
    opened(mutate(corpus, dictionary), (header) => {
      must(sessionCookie(header) === strictly(header, '__Host-einlass'), 'the session cookie', sessionCookie(header))
      for (const kind of ['page', 'signin'] as const) {
        const found = signInCookies(header, kind)
        const exact = found.every(
          ({ id, value }) => strictPairs(header, `__Host-einlass-${kind}-${id}`).join() === value,
        )
        must(exact, 'each is the only pair of its name', found)
      }
      const left = withoutOwnCookies(header)
      must(
        !left.split(';').some((pair) => /^[\s=\0-\x20"\x7f-\x9f]*__host-einlass/i.test(pair)),
        'none of ours is left',
        left,
      )
      must(withoutOwnCookies(left) === left.trim() || left === header, 'removing twice removes no more', left)
      const others = (text: string): string[] =>
        text
          .split(';')
          .filter((pair) => !/__host-einlass/i.test(pair))
          .map((pair) => pair.trim())
          .filter((pair) => pair !== '')
      must(others(left).join(';') === others(header).join(';'), 'others stay, in order', left)
    }),
}

/** Independent cookie parser (RFC 6265 section 5.4): pairs, trimmed, duplicates only if equal. */
function strictly(header: string, name: string): string | undefined {
  const found = strictPairs(header, name)
  return found.length > 0 && found.every((value) => value === found[0] && /^[A-Za-z0-9_-]{43}$/.test(value))
    ? found[0]
    : undefined
}

function strictPairs(header: string, name: string): readonly string[] {
  return header
    .split(';')
    .map((pair) => pair.replace(/^[ \t]+/, ''))
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1).replace(/[ \t]+$/, ''))
}
