// The gateway of the bench: everything on that a careful company would have on.

import type { KeyObject } from 'node:crypto'

/** YAML; `secret.key` and `devices.json` lie beside it. */
export function configuration(facts: {
  port: number
  upstream: string
  issuer: string
  redis: string
  key: KeyObject
}): string {
  const rules = Array.from({ length: 17 }, (_, at) => {
    const group = `group-${String(at + 20)}`
    return `      - { name: rule ${at + 1}, ${at % 4 === 0 ? 'deny' : 'allow'}: { groups: [${group}], paths: ["/area-${at}/*"] } }`
  })
  return `
gateway: { url: "http://access.localhost:${facts.port}", secret_key: file:secret.key }
store: "${facts.redis}"
identity:
  issuer: "${facts.issuer}"
  client_id: einlass
  client_secret: env:OIDC_CLIENT_SECRET
  scopes: [openid, profile, email, groups]
  mfa: { acr_any: ["urn:einlass:demo:2"] }
  step_up: { essential: true }
networks: { office: [127.0.0.0/8], vpn: [10.0.0.0/8] }
schedules: { always: { days: [mon..sun], from: "00:00", to: "24:00", tz: Europe/Berlin } }
roles: { finance: { groups: [finance] } }
devices:
  sources: [{ kind: signed_jwt, keys: devices.json }]
  postures: { company_laptop: { managed: true, disk_encrypted: true, firewall: true, os: { windows: "10.0.22631" }, max_age: 24h } }
baseline: { mfa: true }
apps:
  erp:
    from: http://erp.localhost:${facts.port}
    to: ${facts.upstream}
    require: { device: company_laptop, networks: [office, vpn] }
    policy:
${rules.join('\n')}
      - { name: no contractors, deny: { groups: [contractors] } }
      - { name: finance at all times, allow: { roles: [finance], schedule: always } }
      - { name: the rest reads, allow: { groups: [staff], actions: [read] } }
audit: { file: { path: audit.jsonl, rotate: 100MB, keep: 2 } }
limits: { connections_per_address: 1000 }
`
}
