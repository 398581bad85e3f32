// Apache with mod_auth_gssapi and `GssapiConnectionBound On`: Kerberos sign-in that authenticates the connection.

import { chmod, chown, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePorts } from '../../../src/demo/listen.ts'
import type { Application, Show, Visitor } from '../application.ts'
import { must } from '../application.ts'
import { bothAtOnce, curl } from '../curl.ts'
import { kdcNeeds, startKdc, type Kdc } from '../kdc.ts'
import { serve, succeed } from '../programs.ts'

const count = 500
const modules = '/usr/lib/apache2/modules'
const loaded = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'auth_gssapi', 'headers', 'dir']

export const modAuthGssapi: Application = {
  name: 'gssapi',
  needs: ['apache2', 'curl', ...kdcNeeds, `${modules}/mod_auth_gssapi.so`],
  async start(host, folder) {
    const kdc = await startKdc(join(folder, 'kdc'))
    const caches = new Map<string, NodeJS.ProcessEnv>()
    const cacheOf = async ({ name }: Visitor): Promise<NodeJS.ProcessEnv> => {
      const known = caches.get(name) ?? (await kdc.signIn(name))
      caches.set(name, known)
      return known
    }
    try {
      const apache = await startApache(folder, kdc, await kdc.keytab(`HTTP/${host}`))
      return {
        origin: apache.origin,
        shows: [unchallenged, show('1.1', kdc, cacheOf), show('2', kdc, cacheOf)],
        async stop() {
          await apache.stop()
          await kdc.stop()
        },
      }
    } catch (error) {
      await kdc.stop()
      throw error
    }
  },
}

/** With the server's default of 100 requests on a connection, people are challenged again in between. */
function show(version: '1.1' | '2', kdc: Kdc, cacheOf: (visitor: Visitor) => Promise<NodeJS.ProcessEnv>): Show {
  return {
    client: `curl --negotiate, HTTP/${version}`,
    async run(ground) {
      for (const visitor of ground.people) await cacheOf(visitor)
      return bothAtOnce(
        ground,
        async (visitor) =>
          curl(ground, visitor, {
            words: ['--negotiate', '-u', ':'],
            version,
            count,
            env: await cacheOf(visitor),
            person: '%header{x-person}',
          }),
        (name) => `${name}@${kdc.realm}`,
      )
    },
  }
}

const unchallenged: Show = {
  client: 'curl without a ticket',
  async run(ground) {
    const answers = await curl(ground, ground.people[0], {
      words: [],
      version: '1.1',
      count: 10,
      person: '%header{x-person}',
    })
    must(
      answers.every(({ status, person }) => status === 401 && !person.includes('@')),
      '401 and nobody',
      JSON.stringify(answers),
    )
    return '10 of 10 are 401'
  },
}

async function startApache(folder: string, kdc: Kdc, keytab: string) {
  const [port] = (await freePorts(1)) as [number]
  const at = (name: string): string => join(folder, name)
  const asRoot = process.getuid?.() === 0
  await mkdir(at('www'))
  await writeFile(at('www/index.html'), 'page\n')
  await writeFile(
    at('apache.conf'),
    `ServerRoot ${folder}
ServerName apache.localhost
Listen 127.0.0.1:${port}
PidFile ${at('apache.pid')}
ErrorLog ${at('error.log')}
${loaded.map((name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`).join('\n')}
${asRoot ? 'User www-data\nGroup www-data' : ''}
DocumentRoot ${at('www')}
<Directory ${at('www')}>
  FallbackResource /index.html
  AuthType GSSAPI
  AuthName company
  GssapiCredStore keytab:${keytab}
  GssapiConnectionBound On
  GssapiAllowedMech krb5
  Require valid-user
</Directory>
Header set X-Person expr=%{REMOTE_USER}
`,
  )
  if (asRoot) {
    const { stdout } = await succeed('id', ['-u', 'www-data'])
    await chown(keytab, Number(stdout), 0)
    for (const path of [folder, join(folder, 'kdc')]) await chmod(path, 0o711)
    await chmod(at('www'), 0o755)
  }
  const answers = async (): Promise<void> => void (await fetch(`http://127.0.0.1:${port}/`))
  const server = await serve('apache2', ['-f', at('apache.conf'), '-DFOREGROUND'], kdc.env, answers)
  return { origin: `http://127.0.0.1:${port}`, stop: () => server.stop() }
}
