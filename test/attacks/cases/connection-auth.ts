// Attack class session: an upstream connection on which somebody signed in (NTLM, Negotiate) must answer nobody else.

import { must, type AttackSuite, type Check } from '../case.ts'
import { answerAll, type Environment } from '../environment.ts'
import { ntlmAuthenticate, ntlmNegotiate } from '../../support/ntlm-app.ts'
import type { Answer, Person } from '../../support/user-client.ts'

const victim = 'victim'
const respond = (status: string, body: string): string =>
  `HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`

/** As IIS does: the last message of a handshake makes its person that of the connection. Answers who is asking. */
function connectionBound(ground: Environment): void {
  const people = new WeakMap<object, string>()
  const begun = new WeakSet<object>()
  ground.odd.behave = (request, whole) => {
    const { socket } = request
    const [authorization = ''] = request.values('authorization')
    if (request.values('upgrade').length > 0 && people.has(socket)) return answerAll(request, whole)
    if (authorization === ntlmNegotiate) begun.add(socket)
    else if (authorization.startsWith('NTLM ') && begun.has(socket)) people.set(socket, victim)
    // Kerberos: one message.
    else if (authorization.startsWith('Negotiate ')) people.set(socket, victim)
    const name = people.get(socket)
    const challenge = begun.has(socket) ? 'NTLM TlRMTVNTUAACAAAA' : 'Negotiate\r\nWWW-Authenticate: NTLM'
    void whole.then(() =>
      socket.write(
        name === undefined ? respond(`401 No\r\nWWW-Authenticate: ${challenge}`, 'who?') : respond('200 OK', name),
      ),
    )
  }
}

const ask = (ground: Environment, person: Person, authorization?: string): Promise<Answer> =>
  person.ask(`${ground.origin('odd')}/`, ground.port, authorization === undefined ? {} : { headers: { authorization } })

/** Somebody else, with a session of their own. */
async function stranger(ground: Environment): Promise<Person> {
  const person = ground.person()
  // What an earlier case left behind may be a redirect.
  ground.odd.behave = answerAll
  await person.signIn(`${ground.origin('odd')}/`, ground.port)
  return person
}

/** The victim signs in, `attack` follows, and the victim is still signed in. */
function afterSignIn(
  name: string,
  handshake: readonly string[],
  attack: (ground: Environment, other: Person) => Promise<void>,
): Check {
  return {
    name,
    async run(ground) {
      const other = await stranger(ground)
      const own = await stranger(ground)
      connectionBound(ground)
      try {
        for (const authorization of handshake) await ask(ground, own, authorization)
        must((await ask(ground, own)).body === victim, 'the victim to be signed in', 'not signed in')
        await attack(ground, other)
        must((await ask(ground, own)).body === victim, 'the victim to be signed in still', 'not signed in')
      } finally {
        ground.odd.behave = answerAll
        for (const person of [own, other]) person.close()
      }
    },
  }
}

const ntlm = [ntlmNegotiate, ntlmAuthenticate(victim)]
const kerberos = ['Negotiate YIIabc']

async function asksOften(ground: Environment, other: Person): Promise<void> {
  const answers = await Promise.all(Array.from({ length: 60 }, () => ask(ground, other)))
  const wrong = answers.find(({ status, body }) => status !== 401 || body === victim)
  must(wrong === undefined, '401 to the other, 60 times', wrong)
}

export const connectionAuth: AttackSuite = {
  class: 'session',
  checks: [
    afterSignIn('another person on the connection an NTLM sign-in authenticated', ntlm, asksOften),
    afterSignIn('another person on the connection a Kerberos sign-in authenticated', kerberos, asksOften),
    afterSignIn('the last message of another person’s handshake, replayed', ntlm, async (ground, other) => {
      const before = ground.odd.upstream.requests.length
      const answer = await ask(ground, other, ntlmAuthenticate(victim)).catch(() => undefined)
      must(answer?.body !== victim, 'no answer as the victim', answer)
      const sent = ground.odd.upstream.requests.slice(before).flatMap(({ values }) => values('authorization'))
      must(sent.length === 0, 'the message nowhere', sent)
    }),
    afterSignIn('a WebSocket on the connection of another person', ntlm, async (ground, other) => {
      const url = `${ground.origin('odd')}/`.replace('https:', 'wss:')
      const opened = await other.socket(url, ground.port, { headers: { origin: ground.origin('odd') } }).then(
        () => true,
        () => false,
      )
      must(!opened, 'a refused handshake', 'a tunnel')
    }),
    {
      name: 'another person on a connection that only offered NTLM',
      async run(ground) {
        const [one, other] = [await stranger(ground), await stranger(ground)]
        connectionBound(ground)
        try {
          const before = ground.odd.upstream.requests.length
          await ask(ground, one)
          await ask(ground, other)
          await ask(ground, one, ntlmNegotiate)
          const sockets = ground.odd.upstream.requests.slice(before).map(({ connection }) => connection)
          must(new Set(sockets).size === sockets.length, 'a connection each', sockets)
        } finally {
          ground.odd.behave = answerAll
          for (const person of [one, other]) person.close()
        }
      },
    },
  ],
}
