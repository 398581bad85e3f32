// nginx as the upstream of everybody, and as a proxy beside us.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** `/1000` and `/64000` answer so many bytes. Writes the files it serves into `folder`. */
export function upstreamConfiguration(folder: string, port: number): string {
  const files = join(folder, 'www')
  mkdirSync(files)
  for (const size of [1_000, 64_000]) writeFileSync(join(files, String(size)), 'x'.repeat(size))
  const server = `server { listen 127.0.0.1:${port} backlog=1024; root ${files}; default_type text/html; }`
  return base(folder, 'upstream', `sendfile on; open_file_cache max=10 inactive=1h; ${server}`)
}

export function proxyConfiguration(folder: string, port: number, upstream: number): string {
  const server = `server {
    listen 127.0.0.1:${port} backlog=1024;
    location / { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host; }
  }`
  return base(folder, 'beside', `upstream app { server 127.0.0.1:${upstream}; keepalive 64; } ${server}`)
}

function base(folder: string, name: string, http: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${name}-${kind};`,
  )
  // Started by root, workers would become another user, who may not read the temporary folder.
  const user = process.getuid?.() === 0 ? 'user root;' : ''
  return `${user}
worker_processes 1;
pid ${folder}/${name}.pid;
error_log stderr notice;
events { worker_connections 1024; }
http { access_log off; keepalive_requests 1000000000; ${temporary.join(' ')} ${http} }
`
}
