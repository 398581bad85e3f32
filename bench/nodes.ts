// The two forwarders in Node that know nobody: the bare one, and the one everybody writes first.

import { fileURLToPath } from 'node:url'
import { allSizes, type Contender } from './contender.ts'
import { freePort, start } from './processes.ts'
import { browserHeaders } from './visitor.ts'

export const bare: Contender = {
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
    const script = fileURLToPath(new URL('bare.ts', import.meta.url))
    const running = await start(core, process.execPath, [script, String(port), String(upstream), ...tls], /ready/)
    const origin = `${secure ? 'https' : 'http'}://bench.localhost:${port}`
    return { ...running, name: 'bare', port, origin, headers: { ...browserHeaders, Host: new URL(origin).host } }
  },
}

export const plain: Contender = {
  name: 'node:http',
  about: 'a plain forwarder: `node:http` in front, `http.request` behind, no identity, no log',
  identity: false,
  secure: false,
  sizes: ['1 kB'],
  warms: true,
  missing: () => undefined,
  start: async (ground, { upstream, core = ground.cores.proxy }) => {
    const port = await freePort()
    const script = fileURLToPath(new URL('plain.ts', import.meta.url))
    const running = await start(core, process.execPath, [script, String(port), String(upstream)], /ready/)
    const origin = `http://bench.localhost:${port}`
    return { ...running, name: 'node:http', port, origin, headers: { ...browserHeaders, Host: new URL(origin).host } }
  },
}
