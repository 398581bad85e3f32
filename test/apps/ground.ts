// The gateway of one application and of its siblings, with one of the two HTTP/1 servers and two people signed in.

import { certificateFolder } from '../support/certificates.ts'
import { startTestEnvironment } from '../support/test-environment.ts'
import type { Application, Ground, RunningApplication, Settings, Visitor, OriginOf } from './application.ts'

/** All hosts are below it. For browsers it is one site, as it is at work. */
export const domain = 'company.localhost'

const people = ['erika', 'thomas'] as const

/** The gateway stops after `use`. */
export async function onGround(
  { name }: Application,
  { origin, settings = {}, siblings = {}, hosts = [], entry = '/' }: RunningApplication,
  http1: 'einlass' | 'node',
  use: (ground: Ground) => Promise<void>,
): Promise<void> {
  const certificates = certificateFolder()
  const names = ['access', name, ...hosts, ...Object.keys(siblings)]
  const certificate = certificates.make(names.map((one) => `${one}.${domain}`))
  const policy = [{ allow: { groups: ['staff'] } }]
  const stage = await startTestEnvironment({
    apps: {
      [name]: { to: origin, policy },
      ...Object.fromEntries(Object.keys(siblings).map((one) => [one, { policy }])),
    },
    more: () => ({ gateway: { http1 }, limits: { sign_ins_per_minute: 1_000 } }),
    domain,
    tls: { cert: certificate.cert, key: certificate.key, ca: () => certificate.pem },
  })
  try {
    await stage.configure(({ apps }) => {
      Object.assign(apps[name]!, settled(settings, stage.origin))
      for (const [one, own] of Object.entries(siblings)) Object.assign(apps[one]!, settled(own, stage.origin))
    })
    const node = await stage.startNode('a')
    const signIn = async (username: string): Promise<Visitor> => {
      const person = stage.person(username)
      await person.signIn(stage.origin(name) + entry, node.port)
      return { name: username, person, cookie: person.jar.header(new URL(stage.origin(name))) ?? '' }
    }
    await use({
      origin: stage.origin(name),
      originOf: stage.origin,
      host: `${name}.${domain}`,
      port: node.port,
      ca: { file: certificate.cert, pem: certificate.pem },
      people: [await signIn(people[0]), await signIn(people[1])],
      signIn,
      async endSessions(username) {
        await node.admin('POST', '/sessions/end', { user: `${username}@example.com` })
      },
    })
  } finally {
    await stage.stop()
    certificates.remove()
  }
}

function settled(settings: Settings | ((originOf: OriginOf) => Settings), originOf: OriginOf): Settings {
  return typeof settings === 'function' ? settings(originOf) : settings
}
