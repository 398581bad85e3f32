// Contenders in Node without identity: the two baselines and `http-proxy`.

import { fileURLToPath } from 'node:url'
import { allSizes, type Contender } from './contender.ts'
import { freePort, start } from './processes.ts'
import { browserHeaders } from './test-user.ts'

export const baselineUndici: Contender = {
  name: 'bare',
  about: 'the bare forwarder: `node:http` in front, `undici` behind, no identity, no log',
  identity: false,
  secure: true,
  sizes: allSizes,
  warms: true,
  missing: () => undefined,
  start: async (ground, { secure, upstream, core = ground.cores.proxy }) => {
    const port = await freePort()
    const tls = secure ? [ground.certificate.cert, ground.certificate.key] : []
    const script = fileURLToPath(new URL('baseline-undici.ts', import.meta.url))
    const running = await start(core, process.execPath, [script, String(port), String(upstream), ...tls], /ready/)
    const origin = `${secure ? 'https' : 'http'}://bench.localhost:${port}`
    return { ...running, name: 'bare', port, origin, headers: { ...browserHeaders, Host: new URL(origin).host } }
  },
}

export const baselineNodeHttp = forwarder({
  name: 'node:http',
  script: 'baseline-node-http.ts',
  about: 'a plain forwarder: `node:http` in front, `http.request` behind, no identity, no log',
})

export const httpProxy = forwarder({
  name: 'http-proxy',
  script: 'http-proxy.ts',
  about: 'the package `http-proxy` on `node:http`, no identity, no log',
})

/** `script`: file of this folder, called with its port and the upstream port; prints `ready`. */
function forwarder({ name, script, about }: { name: string; script: string; about: string }): Contender {
  return {
    name,
    about,
    identity: false,
    secure: false,
    sizes: ['1 kB'],
    warms: true,
    missing: () => undefined,
    start: async (ground, { upstream, core = ground.cores.proxy }) => {
      const port = await freePort()
      const path = fileURLToPath(new URL(script, import.meta.url))
      const running = await start(core, process.execPath, [path, String(port), String(upstream)], /ready/)
      const origin = `http://bench.localhost:${port}`
      return { ...running, name, port, origin, headers: { ...browserHeaders, Host: new URL(origin).host } }
    },
  }
}
