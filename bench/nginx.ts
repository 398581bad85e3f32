// nginx as the upstream of everybody, and as a proxy beside us: alone, and asking a service about every request.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Ground } from './ground.ts'
import { need, wanted } from './packages.ts'
import { start, type Running } from './processes.ts'

export const sizes = [1_000, 64_000, 1_000_000, 10_000_000] as const

/** `/1000` answers so many bytes; `/sink` takes a body to its end before it answers. */
export function startUpstream(folder: string, core: string | undefined, port: number): Promise<Running> {
  const files = join(folder, 'www')
  mkdirSync(files)
  for (const size of sizes) writeFileSync(join(files, String(size)), 'x'.repeat(size))
  const sink = `client_max_body_size 0; client_body_buffer_size 16m; proxy_method GET; proxy_set_body ""; proxy_pass_request_headers off; proxy_pass http://127.0.0.1:${port}/1000;`
  const server = `server { listen 127.0.0.1:${port} backlog=1024; root ${files}; default_type text/html; location = /sink { ${sink} } }`
  return startNginx(
    folder,
    core,
    'upstream',
    `access_log off; sendfile on; open_file_cache max=10 inactive=1h; ${server}`,
  )
}

export interface ProxyOptions {
  readonly port: number
  readonly secure: boolean
  /** Port. */
  readonly upstream: number
  /** A service that is asked about every request (`auth_request`), by its address. */
  readonly ask?: string
}

export function startProxy(
  ground: Ground,
  name: string,
  { port, secure, upstream, ask }: ProxyOptions,
): Promise<Running> {
  const { cert, key } = ground.certificate
  const tls = secure ? `ssl_certificate ${cert}; ssl_certificate_key ${key}; ssl_session_cache shared:tls:1m;` : ''
  const forward = 'proxy_http_version 1.1; proxy_set_header Host $host;'
  const asking =
    ask === undefined
      ? ''
      : 'auth_request /ask; auth_request_set $who $upstream_http_x_user; proxy_set_header X-User $who;'
  const service = ask === undefined ? '' : `upstream service { server ${ask}; keepalive 64; }`
  const question =
    ask === undefined
      ? ''
      : `location = /ask { internal; proxy_pass http://service/; ${forward} proxy_set_header Connection ""; proxy_pass_request_body off; proxy_set_header Content-Length ""; }`
  const socket = `map $http_upgrade $onward { default upgrade; "" ""; }`
  const server = `server {
    listen 127.0.0.1:${port} backlog=1024${secure ? ' ssl http2' : ''}; ${tls}
    client_max_body_size 0; proxy_request_buffering off; proxy_max_temp_file_size 0;
    location / { ${asking} proxy_pass http://app; ${forward} proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $onward; }
    ${question}
  }`
  const upstreams = `upstream app { server 127.0.0.1:${upstream}; keepalive 64; } ${service}`
  const log = ask === undefined ? 'access_log off;' : `access_log ${ground.folder}/${name}.log;`
  return startNginx(ground.folder, ground.cores.proxy, name, `${log} ${socket} ${upstreams} ${server}`)
}

function startNginx(folder: string, core: string | undefined, name: string, http: string): Promise<Running> {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${name}-${kind};`,
  )
  // Started by root, workers would become another user, who may not read the temporary folder.
  const user = process.getuid?.() === 0 ? 'user root;' : ''
  const file = join(folder, `${name}.conf`)
  writeFileSync(
    file,
    `${user}
worker_processes 1;
pid ${folder}/${name}.pid;
error_log stderr notice;
events { worker_connections 8192; }
http { keepalive_requests 1000000000; ${temporary.join(' ')} ${http} }
`,
  )
  return start(core, need(wanted.nginx), ['-p', folder, '-c', file, '-g', 'daemon off;'], /start worker process/)
}
