// Apache with mod_auth_gssapi and `GssapiConnectionBound On`: Kerberos sign-in that authenticates the connection.

import { chmod, chown, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePorts } from '../../../src/demo/listen.ts'
import type { Application, Ground, Show, Visitor } from '../application.ts'
import { must } from '../application.ts'
import { askBound, onlyOneSignedIn } from '../bound-client.ts'
import { bothAtOnce, curl, type CurlAnswer } from '../curl.ts'
import { kdcNeeds, startKdc, type Kdc } from '../kdc.ts'
import { debianVersion, run, serve, succeed } from '../programs.ts'

const count = 500
const modules = '/usr/lib/apache2/modules'
const loaded = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'auth_gssapi', 'headers', 'dir']

export const modAuthGssapi: Application = {
  name: 'gssapi',
  title: 'Apache mod_auth_gssapi',
  recipe: 'ntlm-kerberos.md',
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
        version: await debianVersion('libapache2-mod-auth-gssapi'),
        shows: (['1.1', '2'] as const).flatMap((version) => [
          byCurl(version, kdc, cacheOf),
          ...bound(version, kdc, cacheOf),
        ]),
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

function byCurl(version: '1.1' | '2', kdc: Kdc, cacheOf: (visitor: Visitor) => Promise<NodeJS.ProcessEnv>): Show {
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

function bound(version: '1.1' | '2', kdc: Kdc, cacheOf: (visitor: Visitor) => Promise<NodeJS.ProcessEnv>): Show[] {
  const ask = async (ground: Ground, visitor: Visitor, signsIn: boolean): Promise<CurlAnswer[]> => {
    const handshake = signsIn ? [await credentials(ground, visitor, await cacheOf(visitor))] : []
    return askBound(ground, visitor, { version, handshake, count, field: 'x-person' })
  }
  return [
    {
      client: `signs in once, HTTP/${version}`,
      async run(ground) {
        for (const visitor of ground.people) await cacheOf(visitor)
        return bothAtOnce(
          ground,
          (visitor) => ask(ground, visitor, true),
          (name) => `${name}@${kdc.realm}`,
        )
      },
    },
    {
      client: `one of two signs in, HTTP/${version}`,
      run: (ground) => onlyOneSignedIn(ground, (visitor, signsIn) => ask(ground, visitor, signsIn)),
    },
  ]
}

/** The field curl made of the person's ticket; the server of this test has no replay cache. */
async function credentials(ground: Ground, { cookie }: Visitor, env: NodeJS.ProcessEnv): Promise<string> {
  const to = ['--cacert', ground.ca.file, '--resolve', `${ground.host}:${ground.port}:127.0.0.1`]
  const words = ['--negotiate', '-u', ':', '-v', '-H', `Cookie: ${cookie}`, ...to, `${ground.origin}/`]
  const { stderr } = await run('curl', words, { env })
  const field = /^> authorization: (Negotiate \S+)/im.exec(stderr)?.[1]
  must(field !== undefined, 'curl to send credentials', stderr)
  return field
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
MaxKeepAliveRequests 600
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
