// Contenders nginx and Caddy, and oauth2-proxy if available.

import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { allSizes, type Contender } from './contender.ts'
import { startProxy } from './nginx.ts'
import { need, provide, wanted } from './packages.ts'
import { findProgram, freePort, start } from './processes.ts'
import { browserHeaders, signIn } from './test-user.ts'

export const nginx: Contender = {
  name: 'nginx',
  about: 'nginx `proxy_pass`, no identity, no log',
  identity: false,
  secure: true,
  sizes: allSizes,
  warms: false,
  missing: () => undefined,
  async start(ground, { secure, upstream }) {
    const port = await freePort()
    const running = await startProxy(ground, `nginx-${port}`, { port, secure, upstream })
    const origin = `${secure ? 'https' : 'http'}://bench.localhost:${port}`
    return { ...running, name: 'nginx', port, origin, headers: { ...browserHeaders, Host: new URL(origin).host } }
  },
}

export const authRequest: Contender = {
  name: 'nginx auth_request',
  about: 'nginx asking a small Node service about every request, on the same core; the service only compares a cookie',
  identity: true,
  secure: false,
  sizes: ['1 kB'],
  warms: true,
  missing: () => undefined,
  async start(ground, { upstream, core = ground.cores.proxy }) {
    const [port, ask] = await Promise.all([freePort(), freePort()])
    const cookie = randomBytes(32).toString('hex')
    const script = fileURLToPath(new URL('auth-request-service.ts', import.meta.url))
    const service = await start(core, process.execPath, [script, String(ask), cookie], /ready/)
    try {
      const options = { port, secure: false, upstream, ask: `127.0.0.1:${ask}` }
      const running = await startProxy(ground, `asking-${port}`, options)
      const origin = `http://bench.localhost:${port}`
      return {
        ...running,
        name: 'nginx auth_request',
        port,
        origin,
        headers: { ...browserHeaders, Host: new URL(origin).host, Cookie: `session=${cookie}` },
        beside: [service.pid],
        stop: async () => void (await Promise.all([running.stop(), service.stop()])),
      }
    } catch (error) {
      await service.stop()
      throw error
    }
  },
}

export const caddy: Contender = {
  name: 'Caddy',
  about: 'Caddy `reverse_proxy`, no identity, no log',
  identity: false,
  secure: true,
  sizes: allSizes,
  warms: false,
  missing: () => (provide(wanted.caddy) === undefined ? 'caddy is not installed' : undefined),
  async start(ground, { secure, upstream, core = ground.cores.proxy }) {
    const port = await freePort()
    const folder = join(ground.folder, `caddy-${port}`)
    mkdirSync(folder)
    const { cert, key } = ground.certificate
    const origin = `${secure ? 'https' : 'http'}://bench.localhost:${port}`
    const file = join(folder, 'Caddyfile')
    writeFileSync(
      file,
      `{
  admin off
  auto_https off
  storage file_system ${folder}
}
${origin} {
  bind 127.0.0.1
  ${secure ? `tls ${cert} ${key}` : ''}
  reverse_proxy 127.0.0.1:${upstream} {
    transport http {
      keepalive_idle_conns 256
      keepalive_idle_conns_per_host 256
    }
  }
}
`,
    )
    const words = ['run', '--config', file, '--adapter', 'caddyfile']
    const env = { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder }
    const running = await start(core, need(wanted.caddy), words, /serving initial configuration/, { env })
    return { ...running, name: 'Caddy', port, origin, headers: { ...browserHeaders, Host: new URL(origin).host } }
  },
}

export const oauth2Proxy: Contender = {
  name: 'oauth2-proxy',
  about: 'oauth2-proxy, signed in, session in its cookie, request log on',
  identity: true,
  secure: false,
  sizes: ['1 kB'],
  warms: false,
  missing: () =>
    process.env['OAUTH2_PROXY'] === undefined || findProgram('oauth2-proxy', 'OAUTH2_PROXY') === undefined
      ? 'OAUTH2_PROXY names no binary'
      : undefined,
  async start(ground, { upstream, core = ground.cores.proxy }) {
    const port = await freePort()
    const origin = `http://bench.localhost:${port}`
    const client = `oauth2-proxy-${port}`
    const secret = await ground.client(client, `${origin}/oauth2/callback`)
    const words = [
      '--provider=oidc',
      `--oidc-issuer-url=${ground.provider.issuer}`,
      `--client-id=${client}`,
      `--client-secret=${secret}`,
      `--redirect-url=${origin}/oauth2/callback`,
      `--upstream=http://127.0.0.1:${upstream}/`,
      `--http-address=127.0.0.1:${port}`,
      `--cookie-secret=${randomBytes(16).toString('hex')}`,
      '--cookie-secure=false',
      '--email-domain=*',
      '--scope=openid profile email groups',
      '--code-challenge-method=S256',
      '--skip-provider-button=true',
      '--pass-user-headers=true',
    ]
    const running = await start(core, findProgram('oauth2-proxy', 'OAUTH2_PROXY')!, words, port)
    try {
      const signing = { port }
      const headers = {
        ...browserHeaders,
        Host: new URL(origin).host,
        Cookie: await signIn(`${origin}/1000`, signing),
      }
      return { ...running, name: 'oauth2-proxy', port, origin, headers, signing }
    } catch (error) {
      await running.stop()
      throw error
    }
  },
}
