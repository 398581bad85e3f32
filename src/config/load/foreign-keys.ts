// Keys of other access proxies, with the key of Einlass that means the same: hints for unknown keys.

/** The mapping of the file that a key stands in. */
type Section = 'root' | 'gateway' | 'identity' | 'session' | 'app' | 'rule' | 'condition'

export interface ForeignKey {
  /** What to write, as a sentence without a dot. */
  readonly hint: string
  /** The key that is meant, of the same mapping; a problem about its absence would be the same mistake. */
  readonly means: string | undefined
}

/** Undefined for a key that no other product has there. `path`: of the unknown key. */
export function foreignKey(path: readonly (string | number)[]): ForeignKey | undefined {
  const section = sectionOf(path)
  const key = String(path.at(-1))
  if (section === undefined || !Object.hasOwn(table[section], key)) return undefined
  const [means, hint] = table[section][key]!
  return { means: means === '' ? undefined : means, hint: hint ?? `write ${means}` }
}

function sectionOf(path: readonly (string | number)[]): Section | undefined {
  const [first, , third] = path
  if (path.length === 1) return 'root'
  if (first === 'gateway' && path.length === 2) return 'gateway'
  if (first === 'session' || (first === 'apps' && third === 'session')) return 'session'
  if (first === 'identity' && (path.length === 2 || (path[1] === 'providers' && path.length === 4))) return 'identity'
  if (first === 'baseline') return 'condition'
  if (first !== 'apps') return undefined
  if (path.length === 3) return 'app'
  if (third === 'require') return 'condition'
  if (third !== 'policy') return undefined
  return path.length === 5 ? 'rule' : 'condition'
}

/** `[means, hint]`; an empty `means` is no key of the same mapping. */
type Row = readonly [means: string, hint?: string]

const underGateway = (key: string): Row => ['', `write gateway.${key}`]
const underIdentity = (key: string): Row => ['', `write identity.${key}`]
const inRule = (condition: string): Row => ['', `write it as a rule: policy: [{ allow: { ${condition} } }]`]

const apps: Row = ['apps', 'write apps: {NAME: {from, to, policy}}']
const certificate: Row = ['', 'write gateway.tls: {cert, key}']
const lifetime: Row = ['lifetime', 'write lifetime (the longest time) or idle (without requests)']

const table: Readonly<Record<Section, Readonly<Record<string, Row>>>> = {
  root: {
    // Pomerium
    routes: apps,
    authenticate_service_url: underGateway('url'),
    idp_provider: underIdentity('kind'),
    idp_provider_url: underIdentity('issuer'),
    idp_client_id: underIdentity('client_id'),
    idp_client_secret: underIdentity('client_secret'),
    shared_secret: underGateway('secret_key'),
    cookie_secret: underGateway('secret_key'),
    address: underGateway('listen'),
    certificate_file: certificate,
    certificate_key_file: certificate,
    databroker_storage_connection_string: ['store'],
    // oauth2-proxy
    upstreams: apps,
    http_address: underGateway('listen'),
    https_address: underGateway('listen'),
    redirect_url: ['', 'leave it out: the address is that of gateway.url, and `einlass check --online` prints it'],
    oidc_issuer_url: underIdentity('issuer'),
    issuer: underIdentity('issuer'),
    client_id: underIdentity('client_id'),
    client_secret: underIdentity('client_secret'),
    email_domains: inRule('domains: [example.com]'),
    allowed_groups: inRule('groups: [NAME]'),
    cookie_expire: ['session', 'write session.lifetime'],
    cookie_refresh: ['session', 'write session.revalidate'],
    // Traefik
    entryPoints: underGateway('listen'),
    http: apps,
    routers: apps,
    services: apps,
    providers: underIdentity('providers'),
    certificatesResolvers: certificate,
    // nginx
    server: apps,
    servers: apps,
    upstream: apps,
    // Authelia
    access_control: ['', 'write the rules of each application under apps.NAME.policy'],
    authentication_backend: ['identity', 'write identity: people sign in at an OpenID provider'],
    identity_providers: ['identity'],
    storage: ['store'],
    // Teleport
    app_service: apps,
    auth_service: underGateway('url'),
    proxy_service: underGateway('url'),
    // general
    applications: apps,
    hosts: apps,
    sites: apps,
    domain: underGateway('url'),
    url: underGateway('url'),
    tls: underGateway('tls'),
    listen: underGateway('listen'),
    port: underGateway('listen'),
    policy: ['', 'write the rules of each application under apps.NAME.policy'],
    policies: ['', 'write the rules of each application under apps.NAME.policy'],
    rules: ['', 'write the rules of each application under apps.NAME.policy'],
  },
  gateway: {
    origin: ['url'],
    external_url: ['url'],
    public_addr: ['url'],
    domain: ['url', 'write url: https://access.example.com'],
    host: ['url', 'write url: https://access.example.com'],
    port: ['listen', 'write listen: [{ address: "0.0.0.0:443" }]'],
    address: ['listen', 'write listen: [{ address: "0.0.0.0:443" }]'],
    cookie_secret: ['secret_key'],
    secret: ['secret_key'],
    ssl_certificate: ['tls', 'write tls: {cert, key}'],
    ssl_certificate_key: ['tls', 'write tls: {cert, key}'],
    cert: ['tls', 'write tls: {cert, key}'],
    key: ['tls', 'write tls: {cert, key}'],
    redirect_url: ['', 'leave it out: the address is that of url, and `einlass check --online` prints it'],
  },
  identity: {
    provider: ['kind'],
    idp_provider: ['kind'],
    type: ['kind'],
    provider_url: ['issuer'],
    issuer_url: ['issuer'],
    oidc_issuer_url: ['issuer'],
    discovery_url: ['issuer', 'write issuer, without /.well-known/openid-configuration'],
    tenant: ['issuer', 'write issuer: https://login.microsoftonline.com/TENANT_ID/v2.0'],
    tenant_id: ['issuer', 'write issuer: https://login.microsoftonline.com/TENANT_ID/v2.0'],
    realm: ['issuer', 'write issuer: https://HOST/realms/REALM'],
    clientId: ['client_id'],
    clientID: ['client_id'],
    clientSecret: ['client_secret'],
    secret: ['client_secret'],
    redirect_uri: ['', 'leave it out: the address is that of gateway.url, and `einlass check --online` prints it'],
    redirect_url: ['', 'leave it out: the address is that of gateway.url, and `einlass check --online` prints it'],
    callback_url: ['', 'leave it out: the address is that of gateway.url, and `einlass check --online` prints it'],
    scope: ['scopes'],
    groups_claim: ['claims', 'write claims: {groups: NAME}'],
    email_claim: ['claims', 'write claims: {email: NAME}'],
    email_domains: [
      'domains',
      'as a restriction, write domains in the rules of an app: policy: [{ allow: { domains: [example.com] } }]',
    ],
  },
  session: {
    expiration: lifetime,
    duration: lifetime,
    max_age: lifetime,
    session_duration: lifetime,
    max_session_ttl: lifetime,
    ttl: lifetime,
    timeout: ['idle'],
    inactivity: ['idle'],
    cookie_expire: lifetime,
    cookie_refresh: ['revalidate'],
    refresh: ['revalidate'],
  },
  app: {
    // Pomerium
    allowed_users: inRule('users: [anna@example.com]'),
    allowed_groups: inRule('groups: [NAME]'),
    allowed_domains: inRule('domains: [example.com]'),
    allowed_idp_claims: inRule('claims: {NAME: [VALUE]}'),
    allow_any_authenticated_user: ['', 'write it as a rule: policy: [{ allow: {} }]'],
    allow_public_unauthenticated_access: ['public', 'write public: [{ paths: ["/*"] }], which needs no sign-in'],
    allow_websockets: ['', 'leave it out: WebSockets are forwarded'],
    cors_allow_preflight: ['trusted_origins'],
    pass_identity_headers: ['headers', 'write headers: {identity: PRESET}'],
    set_request_headers: ['headers', 'write headers: {set: {NAME: VALUE}}'],
    remove_request_headers: ['headers', 'write headers: {remove: [NAME]}'],
    preserve_host_header: ['host', 'write host: public, which is the default, or host: upstream'],
    host_rewrite: ['host', 'write host: NAME'],
    tls_skip_verify: ['upstream_tls', 'write upstream_tls: {ca: FILE}; certificates are always verified'],
    tls_custom_ca_file: ['upstream_tls', 'write upstream_tls: {ca: FILE}'],
    tls_server_name: ['upstream_tls', 'write upstream_tls: {server_name: NAME}'],
    timeout: ['timeouts', 'write timeouts: {headers: 60s}'],
    // oauth2-proxy
    upstream: ['to'],
    upstreams: ['to'],
    skip_auth_routes: ['public', 'write public: [{ paths: [/health] }]'],
    email_domains: inRule('domains: [example.com]'),
    pass_host_header: ['host', 'write host: public, which is the default, or host: upstream'],
    // Cloudflare Access
    self_hosted_domain: ['from'],
    domain: ['from', 'write from: https://wiki.example.com'],
    session_duration: ['session', 'write session: {lifetime: 8h}'],
    policies: ['policy'],
    // Traefik
    rule: ['from', 'write from: https://wiki.example.com'],
    loadBalancer: ['to', 'write to: [ADDRESS, ADDRESS]'],
    servers: ['to', 'write to: [ADDRESS, ADDRESS]'],
    service: ['to'],
    middlewares: ['', 'leave it out: what an app needs is set by its own keys, such as headers and limits'],
    entryPoints: ['', 'leave it out: every app is on the listeners of gateway.listen'],
    // nginx
    server_name: ['from', 'write from: https://wiki.example.com'],
    proxy_pass: ['to'],
    proxy_set_header: ['headers', 'write headers: {set: {NAME: VALUE}}'],
    proxy_read_timeout: ['timeouts', 'write timeouts: {headers: 60s}'],
    client_max_body_size: ['', 'write limits: {upload: 50MB}'],
    location: ['', 'write paths as a condition in a rule, or public for paths without a sign-in'],
    ssl_certificate: ['', 'write gateway.tls: {cert, key}'],
    auth_request: ['', 'leave it out: every app is behind the sign-in'],
    // Authelia
    rules: ['policy'],
    default_policy: ['', 'leave it out: what no rule allows is denied'],
    resources: ['', 'write paths as a condition in a rule'],
    // Teleport
    public_addr: ['from', 'write from: https://wiki.example.com'],
    uri: ['to'],
    rewrite: ['headers', 'write headers: {set: {NAME: VALUE}}'],
    // general
    url: ['from', 'write from for the public address, to for that of the application'],
    host_name: ['from'],
    hostname: ['from', 'write from: https://wiki.example.com'],
    backend: ['to'],
    target: ['to'],
    origin: ['to'],
    name: ['title'],
    allow: ['policy', 'write policy: [{ allow: {…} }]'],
    deny: ['policy', 'write policy: [{ deny: {…} }]'],
    groups: inRule('groups: [NAME]'),
    users: inRule('users: [anna@example.com]'),
    domains: inRule('domains: [example.com]'),
    mfa: ['require', 'write require: { mfa: true }'],
  },
  rule: {
    // Cloudflare Access
    decision: ['', 'write allow: {…} or deny: {…} in place of decision and include'],
    action: ['', 'write allow: {…} or deny: {…} in place of action'],
    include: ['allow', 'write allow: { any: [{…}] }'],
    exclude: ['', 'write not: {…} inside allow, or a rule with deny'],
    require: ['', 'write it inside allow: conditions side by side must all hold'],
    // Authelia
    policy: ['', 'write allow: { mfa: true } for two_factor, allow: {} for one_factor, deny: {} for deny'],
    subject: ['', 'write users or groups inside allow'],
    resources: ['', 'write paths inside allow'],
    // general
    when: ['', 'write the conditions inside allow or deny'],
    if: ['', 'write the conditions inside allow or deny'],
    groups: ['', 'write allow: { groups: [NAME] }'],
    users: ['', 'write allow: { users: [anna@example.com] }'],
    domains: ['', 'write allow: { domains: [example.com] }'],
    roles: ['', 'write allow: { roles: [NAME] }'],
    mfa: ['', 'write allow: { mfa: true }'],
    effect: ['', 'write allow: {…} or deny: {…}'],
  },
  condition: {
    // Pomerium
    or: ['any', 'write any: [{…}, {…}]'],
    and: ['', 'write them side by side: all conditions of a rule must hold'],
    nor: ['not', 'write not: { any: [{…}] }'],
    is: ['', 'write the value itself, as in users: [anna@example.com]'],
    has: ['', 'write the value itself, as in groups: [staff]'],
    in: ['', 'write a list: any of its values is enough'],
    authenticated_user: ['', 'write {}: an empty set of conditions is every signed-in user'],
    accept: ['', 'write {}: an empty set of conditions is every signed-in user'],
    everyone: ['', 'write {}: an empty set of conditions is every signed-in user'],
    http_path: ['paths'],
    http_method: ['methods'],
    claim: ['claims', 'write claims: {NAME: [VALUE]}'],
    // oauth2-proxy, Cloudflare Access
    email: ['users', 'write users: [anna@example.com]'],
    emails: ['users', 'write users: [anna@example.com]'],
    mail: ['users', 'write users: [anna@example.com]'],
    email_domain: ['domains', 'write domains: [example.com]'],
    email_domains: ['domains', 'write domains: [example.com]'],
    emails_ending_in: ['domains', 'write domains: [example.com]'],
    login_method: ['providers'],
    idp: ['providers'],
    ip: ['networks', 'name the addresses under networks, and write networks: [NAME]'],
    ips: ['networks', 'name the addresses under networks, and write networks: [NAME]'],
    ip_ranges: ['networks', 'name the addresses under networks, and write networks: [NAME]'],
    cidr: ['networks', 'name the addresses under networks, and write networks: [NAME]'],
    source_ip: ['networks', 'name the addresses under networks, and write networks: [NAME]'],
    geo: ['countries'],
    country: ['countries'],
    device_posture: ['device', 'describe the device under devices.postures, and write device: NAME'],
    auth_method: ['mfa', 'write mfa: true'],
    require_session_mfa: ['mfa', 'write mfa: true'],
    two_factor: ['mfa', 'write mfa: true'],
    // Authelia, Teleport
    subject: ['users', 'write users or groups'],
    resources: ['paths'],
    traits: ['claims', 'write claims: {NAME: [VALUE]}'],
    app_labels: ['', 'leave it out: a rule belongs to the app it stands in'],
    logins: ['users'],
    // general
    people: ['users'],
    members: ['groups'],
    team: ['groups'],
    teams: ['groups'],
    time: ['schedule', 'describe the times under schedules, and write schedule: NAME'],
    hours: ['schedule', 'describe the times under schedules, and write schedule: NAME'],
    path: ['paths'],
    verbs: ['methods'],
    all: ['', 'write them side by side: all conditions of a rule must hold'],
    none: ['not', 'write not: { any: [{…}] }'],
  },
}
