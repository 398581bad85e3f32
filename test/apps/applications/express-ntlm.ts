// express-ntlm: NTLM sign-in that authenticates the connection.

import about from 'express-ntlm/package.json' with { type: 'json' }
import { ntlmAuthenticate, ntlmNegotiate, startNtlmApp } from '../../support/ntlm-app.ts'
import type { Application, Show, Visitor } from '../application.ts'
import { askBound, onlyOneSignedIn } from '../bound-client.ts'
import { browse } from '../browser.ts'
import { bothAtOnce, curl, type CurlAnswer } from '../curl.ts'

const count = 500

export const expressNtlm: Application = {
  name: 'ntlm',
  title: 'express-ntlm',
  recipe: 'ntlm-kerberos.md',
  needs: ['curl', 'chromium'],
  async start() {
    const app = await startNtlmApp()
    const bound = (['1.1', '2'] as const).flatMap((version) => [
      signedInOnce(version),
      onlyOne(version),
      byChromium(version),
    ])
    return {
      origin: app.origin,
      version: about.version,
      shows: [byCurl, manySignIns, byCurlOverHttp2, ...bound],
      stop: () => app.stop(),
    }
  },
}

const signIn = ({ name }: Visitor): string[] => ['--ntlm', '-u', `${name}:any`]
const handshake = ({ name }: Visitor): string[] => [ntlmNegotiate, ntlmAuthenticate(name)]

const byCurl: Show = {
  client: 'curl --ntlm, HTTP/1.1',
  run: (ground) =>
    bothAtOnce(ground, (visitor) => curl(ground, visitor, { words: signIn(visitor), version: '1.1', count })),
}

/** curl goes back to HTTP/1.1 for NTLM by itself. */
const byCurlOverHttp2: Show = {
  client: 'curl --ntlm --http2',
  run: (ground) =>
    bothAtOnce(ground, (visitor) => curl(ground, visitor, { words: signIn(visitor), version: '2', count: 50 })),
}

const manySignIns: Show = {
  client: 'curl --ntlm, 2 x 10 at once',
  run: (ground) =>
    bothAtOnce(ground, async (visitor) => {
      const one = (): Promise<CurlAnswer[]> =>
        curl(ground, visitor, { words: signIn(visitor), version: '1.1', count: 5 })
      return (await Promise.all(Array.from({ length: 10 }, one))).flat()
    }),
}

function signedInOnce(version: '1.1' | '2'): Show {
  return {
    client: `signs in once, HTTP/${version}`,
    run: (ground) =>
      bothAtOnce(ground, (visitor) => askBound(ground, visitor, { version, handshake: handshake(visitor), count })),
  }
}

function onlyOne(version: '1.1' | '2'): Show {
  return {
    client: `one of two signs in, HTTP/${version}`,
    run: (ground) =>
      onlyOneSignedIn(ground, (visitor, signsIn) =>
        askBound(ground, visitor, { version, handshake: signsIn ? handshake(visitor) : [], count: 100 }),
      ),
  }
}

/** It goes back to HTTP/1.1 for NTLM by itself: six connections at once, each of which signs in. */
function byChromium(version: '1.1' | '2'): Show {
  return {
    client: version === '2' ? 'Chromium' : 'Chromium --disable-http2',
    run: (ground) => bothAtOnce(ground, (visitor) => browse(ground, visitor, { version, count: 60 })),
  }
}
