// Kerberos domain for tests: a real KDC (MIT) on a loopback port, with principals, keytabs and ticket caches in a folder.

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePorts } from '../../src/demo/listen.ts'
import { listening, serve, succeed, type Server } from './programs.ts'

export const kdcNeeds = ['krb5kdc', 'kdb5_util', 'kadmin.local', 'kinit']

export interface Kdc {
  readonly realm: string
  /** For every program that uses it. */
  readonly env: NodeJS.ProcessEnv
  /** Keys of a service, such as `HTTP/www.example.com`; returns the file. */
  keytab(service: string): Promise<string>
  /** Signs a person in; returns the environment with the ticket cache. */
  signIn(name: string): Promise<NodeJS.ProcessEnv>
  stop(): Promise<void>
}

export async function startKdc(folder: string): Promise<Kdc> {
  const realm = 'EINLASS.TEST'
  const [port] = (await freePorts(1)) as [number]
  const at = (name: string): string => join(folder, name)
  await mkdir(folder, { recursive: true })
  // Without reverse DNS: the ticket is for the name in the address, as browsers ask for it.
  await writeFile(
    at('krb5.conf'),
    `[libdefaults]
  default_realm = ${realm}
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
  udp_preference_limit = 1
[realms]
  ${realm} = {
    kdc = 127.0.0.1:${port}
  }
[domain_realm]
  .localhost = ${realm}
`,
  )
  await writeFile(
    at('kdc.conf'),
    `[kdcdefaults]
  kdc_listen = 127.0.0.1:${port}
  kdc_tcp_listen = 127.0.0.1:${port}
[realms]
  ${realm} = {
    database_name = ${at('principal')}
    key_stash_file = ${at('stash')}
    acl_file = ${at('kadm5.acl')}
    max_life = 10h
  }
[logging]
  kdc = FILE:${at('kdc.log')}
  admin_server = FILE:${at('kdc.log')}
`,
  )
  const env = { KRB5_CONFIG: at('krb5.conf'), KRB5_KDC_PROFILE: at('kdc.conf'), KRB5RCACHENAME: 'none:' }
  const admin = (query: string): Promise<unknown> => succeed('kadmin.local', ['-r', realm, '-q', query], { env })
  await succeed('kdb5_util', ['create', '-r', realm, '-s', '-P', 'master of a test'], { env })
  const server: Server = await serve('krb5kdc', ['-n', '-r', realm], env, () => listening(port))
  return {
    realm,
    env,
    async keytab(service) {
      const file = at(`${service.replaceAll('/', '-')}.keytab`)
      await admin(`addprinc -randkey ${service}`)
      await admin(`ktadd -k ${file} ${service}`)
      return file
    },
    async signIn(name) {
      await admin(`addprinc -pw password-of-${name} ${name}`)
      const cache = { ...env, KRB5CCNAME: `FILE:${at(`${name}.cache`)}` }
      await succeed('kinit', [name], { env: cache, input: `password-of-${name}\n` })
      return cache
    },
    stop: () => server.stop(),
  }
}
