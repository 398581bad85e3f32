// Contender Apache with mod_auth_openidc: sessions in shared memory or in Redis, its user signed in at the same provider.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { allSizes, type Contender } from './contender.ts'
import type { Environment } from './environment.ts'
import { need, provide, wanted } from './packages.ts'
import { freePort, start } from './processes.ts'
import { browserHeaders, signIn, type SignInOptions } from './test-user.ts'

export function apache(cache: 'shm' | 'redis'): Contender {
  const name = cache === 'shm' ? 'Apache' : 'Apache, Redis'
  const where = cache === 'shm' ? 'shared memory' : 'Redis'
  return {
    name,
    about: `Apache (event MPM) with mod_auth_openidc, signed in, sessions in ${where}, access log to a file`,
    identity: true,
    secure: cache === 'shm',
    sizes: cache === 'shm' ? allSizes : ['1 kB'],
    warms: false,
    missing: () => (provide(wanted.apache) === undefined ? 'apache2 or mod_auth_openidc is not installed' : undefined),
    async start(ground, { secure, upstream, core = ground.cores.proxy }) {
      const port = await freePort()
      const origin = `${secure ? 'https' : 'http'}://bench.localhost:${port}`
      const client = `apache-${port}`
      const secret = await ground.client(client, `${origin}/callback`)
      const folder = join(ground.folder, client)
      mkdirSync(folder)
      const file = join(folder, 'apache.conf')
      writeFileSync(file, configuration(ground, { folder, port, secure, upstream, origin, client, secret, cache }))
      const words = ['-f', file, '-DFOREGROUND']
      const running = await start(core, need(wanted.apache), words, port)
      try {
        const signing: SignInOptions = {
          port,
          ...(secure && { ca: readFileSync(ground.certificate.cert, 'utf8') }),
        }
        const cookie = await signIn(`${origin}/1000`, signing)
        const headers = { ...browserHeaders, Host: new URL(origin).host, Cookie: cookie }
        return { ...running, name, port, origin, headers, signing }
      } catch (error) {
        await running.stop()
        throw error
      }
    },
  }
}

interface Facts {
  readonly folder: string
  readonly port: number
  readonly secure: boolean
  readonly upstream: number
  readonly origin: string
  readonly client: string
  readonly secret: string
  readonly cache: 'shm' | 'redis'
}

function configuration(ground: Environment, facts: Facts): string {
  const { folder, port, secure, upstream, origin, client, secret, cache } = facts
  const modules = [
    'mpm_event',
    'authn_core',
    'authz_core',
    'authz_user',
    'auth_openidc',
    'proxy',
    'proxy_http',
    'headers',
  ]
  if (secure) modules.push('socache_shmcb', 'ssl', 'http2')
  const { cert, key } = ground.certificate
  return `
${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
ServerName bench.localhost
Listen 127.0.0.1:${port}
PidFile ${folder}/apache.pid
DefaultRuntimeDir ${folder}
Mutex posixsem default
ErrorLog ${folder}/error.log
LogLevel warn
${process.getuid?.() === 0 ? 'User www-data\nGroup www-data' : ''}
# One process, as many threads as connections: it has one core.
StartServers 1
ServerLimit 2
ThreadLimit 128
ThreadsPerChild 128
MaxRequestWorkers 256
MinSpareThreads 64
MaxSpareThreads 256
KeepAlive On
MaxKeepAliveRequests 0
KeepAliveTimeout 60
CustomLog ${folder}/access.log "%h %l %u %t \\"%r\\" %>s %b"
${secure ? `SSLEngine on\nSSLCertificateFile ${cert}\nSSLCertificateKeyFile ${key}\nSSLSessionCache shmcb:${folder}/tls(512000)\nProtocols h2 http/1.1\nH2Push off` : ''}
OIDCProviderMetadataURL ${ground.provider.issuer}/.well-known/openid-configuration
OIDCClientID ${client}
OIDCClientSecret ${secret}
OIDCRedirectURI ${origin}/callback
OIDCCryptoPassphrase ${randomBytes(24).toString('hex')}
OIDCScope "openid profile email groups"
OIDCPKCEMethod S256
OIDCIDTokenSignedResponseAlg ES256
OIDCProviderTokenEndpointAuth client_secret_basic
OIDCSSLValidateServer Off
OIDCSessionType server-cache
OIDCPassIDTokenAs claims
${cache === 'shm' ? 'OIDCCacheType shm' : `OIDCCacheType redis\nOIDCRedisCacheServer 127.0.0.1:${ground.redis.port}`}
ProxyRequests Off
ProxyPreserveHost On
ProxyPass / http://127.0.0.1:${upstream}/ keepalive=On
<Location />
  AuthType openid-connect
  Require valid-user
</Location>
`
}
