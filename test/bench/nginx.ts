// Contender nginx: as a plain proxy, or with `auth_request` for every request.

import type { Environment } from './environment.ts'
import { startNginx } from './nginx-process.ts'
import type { Running } from './processes.ts'

export interface ProxyOptions {
  readonly port: number
  readonly secure: boolean
  /** Port. */
  readonly upstream: number
  /** Address of the `auth_request` service. */
  readonly ask?: string
}

export function startProxy(
  ground: Environment,
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
