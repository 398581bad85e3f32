// Identity headers of other products: names that applications believe, removed from requests unless an app keeps them.

import { normalizeName } from './reserved-names.ts'

export interface ProductNames {
  /** Who sets the fields, or which application believes them. */
  readonly product: string
  /** Normalized; a trailing `*` makes a prefix. */
  readonly names: readonly string[]
  /** Documentation of the product; ours relative to docs/reference. */
  readonly source: string
}

/**
 * Each is documented as set by a proxy that is trusted, so that the application takes the value for the user (or group,
 * tenant, certificate) without a proof. Not here: credentials that an application verifies itself, such as
 * `X-Auth-Token`, and what a product lets its admin name freely (F5 BIG-IP APM, NetScaler): `headers.remove` is for those.
 */
export const identityNames: readonly ProductNames[] = [
  {
    product: 'Grafana: auth proxy, and the user in requests to data sources',
    names: ['x-webauth-*', 'x-grafana-user', 'x-grafana-id'],
    source:
      'https://grafana.com/docs/grafana/latest/setup-grafana/configure-security/configure-authentication/auth-proxy/',
  },
  {
    product: 'Grafana Mimir, Loki, Tempo; Thanos: tenant',
    names: ['x-scope-orgid', 'thanos-tenant'],
    source: 'https://grafana.com/docs/mimir/latest/manage/secure/authentication-and-authorization/',
  },
  {
    product: 'Teleport application access',
    names: ['teleport-jwt-assertion'],
    source: 'https://goteleport.com/docs/enroll-resources/application-access/jwt/introduction/',
  },
  {
    product: 'Tailscale Serve and its nginx-auth',
    names: ['tailscale-*', 'x-tailscale-*'],
    source: 'https://tailscale.com/kb/1312/serve',
  },
  {
    product: 'Gatekeeper (Keycloak Gatekeeper, Louketo); Posit Connect; OpenStack Swift',
    names: [
      'x-auth-user',
      'x-auth-userid',
      'x-auth-username',
      'x-auth-id',
      'x-auth-name',
      'x-auth-email',
      'x-auth-groups',
      'x-auth-role',
      'x-auth-roles',
      'x-auth-subject',
      'x-auth-audience',
    ],
    source: 'https://gogatekeeper.github.io/userguide/#upstream-headers',
  },
  {
    product: 'Posit Workbench',
    names: ['x-rstudio-username', 'x-rstudio-identity'],
    source: 'https://docs.posit.co/ide/server-pro/authenticating_users/proxied_authentication.html',
  },
  {
    product: 'Authentik',
    names: ['x-authentik-*'],
    source: 'https://docs.goauthentik.io/add-secure-apps/providers/proxy/',
  },
  { product: 'Vouch Proxy', names: ['x-vouch-*'], source: 'https://github.com/vouch/vouch-proxy' },
  {
    product: 'Kong: consumers, OIDC plugins',
    names: ['x-consumer-*', 'x-credential-identifier', 'x-anonymous-consumer', 'x-authenticated-*', 'x-userinfo'],
    source: 'https://developer.konghq.com/gateway/authentication/',
  },
  {
    product: 'Apache APISIX openid-connect',
    names: ['x-userinfo', 'x-access-token', 'x-id-token', 'x-refresh-token'],
    source: 'https://apisix.apache.org/docs/apisix/plugins/openid-connect/',
  },
  {
    product: 'WSO2 API Manager; JWT authenticators of gateways',
    names: ['x-jwt-assertion', 'x-jwt-payload', 'x-jwt-claim-*', 'x-jwt-claims'],
    source:
      'https://apim.docs.wso2.com/en/latest/api-gateway/passing-enduser-attributes-to-the-backend-via-api-gateway/',
  },
  {
    product: 'Google App Engine, Cloud Endpoints, API Gateway',
    names: ['x-appengine-*', 'x-endpoint-api-userinfo', 'x-apigateway-api-userinfo'],
    source: 'https://cloud.google.com/appengine/docs/standard/reference/request-headers',
  },
  {
    product: 'AWS Application Load Balancer, Verified Access',
    names: ['x-amzn-oidc-*', 'x-amzn-mtls-*', 'x-amzn-ava-*'],
    source: 'https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html',
  },
  {
    product: 'Azure App Service; IIS Application Request Routing',
    names: ['x-ms-client-principal*', 'x-ms-token-*', 'x-arr-clientcert'],
    source: 'https://learn.microsoft.com/azure/app-service/configure-authentication-user-identities',
  },
  {
    product: 'mod_auth_openidc, mod_auth_mellon, mod_auth_cas',
    names: ['oidc-*', 'mellon-*', 'cas-user'],
    source: 'https://github.com/OpenIDC/mod_auth_openidc/wiki',
  },
  {
    product: 'Shibboleth (ShibUseHeaders)',
    names: ['shib-*', 'eppn', 'affiliation', 'unscoped-affiliation', 'entitlement', 'persistent-id', 'targeted-id'],
    source: 'https://shibboleth.atlassian.net/wiki/spaces/SP3/pages/2065335257/AttributeAccess',
  },
  {
    product: 'LemonLDAP::NG; YunoHost; Zabbix and others that read AUTH_USER',
    names: ['auth-user', 'auth-mail', 'auth-cn', 'auth-groups', 'ynh-*'],
    source: 'https://lemonldap-ng.org/documentation/latest/writingrulesand_headers.html',
  },
  {
    product: 'Broadcom SiteMinder; Spring Security request header filter; Apache Knox',
    names: ['sm-*', 'smuser'],
    source: 'https://docs.spring.io/spring-security/reference/servlet/authentication/preauth.html',
  },
  {
    product: 'IBM Security Verify Access (WebSEAL)',
    names: ['iv-*'],
    source: 'https://www.ibm.com/docs/en/sva',
  },
  {
    product: 'IBM WebSphere and Domino: private headers of the web server plug-in ($WSRU ...)',
    names: ['-ws*'],
    source: 'https://www.ibm.com/support/pages/setting-private-headers-websphere-proxy-server-level',
  },
  {
    product: 'Oracle Access Manager, WebLogic',
    names: ['oam-*', 'osso-*', 'wl-proxy-*'],
    source: 'https://docs.oracle.com/en/middleware/fusion-middleware/web-tier/12.2.1.4/develop-plugin/',
  },
  {
    product: 'Tomcat SSLValve and others behind mod_ssl',
    names: ['ssl-client-*', 'ssl-cipher*', 'ssl-session-id', 'x-ssl-*'],
    source: 'https://tomcat.apache.org/tomcat-10.1-doc/config/valve.html#SSL_Valve',
  },
  {
    product: 'OpenSearch and Elasticsearch security',
    names: ['x-proxy-user', 'x-proxy-roles', 'x-proxy-ext-*', 'es-security-runas-user', 'opendistro-security-*'],
    source: 'https://docs.opensearch.org/latest/security/authentication-backends/proxy/',
  },
  {
    product: 'Kubernetes: authenticating proxy, impersonation; Kubeflow',
    names: ['x-remote-*', 'impersonate-*', 'kubeflow-userid'],
    source: 'https://kubernetes.io/docs/reference/access-authn-authz/authentication/',
  },
  {
    product: 'Nexus Repository and others that name an SSO header',
    names: ['x-sso-*'],
    source: 'https://help.sonatype.com/en/authentication-via-remote-user-token.html',
  },
  {
    product: 'OpenStack services behind keystonemiddleware',
    names: ['x-identity-status', 'x-user-id', 'x-user-name', 'x-roles'],
    source: 'https://docs.openstack.org/keystonemiddleware/latest/middlewarearchitecture.html',
  },
  {
    product: 'Open WebUI',
    names: ['x-user-email', 'x-user-role', 'x-openwebui-user-*'],
    source: 'https://docs.openwebui.com/features/auth/sso/',
  },
  {
    product: 'Ory Oathkeeper, Kratos; nginx auth_request as commonly written',
    names: [
      'x-user',
      'x-userid',
      'x-username',
      'x-email',
      'x-groups',
      'x-user-groups',
      'x-user-roles',
      'x-token-subject',
      'x-kratos-authenticated-identity-id',
    ],
    source: 'https://www.ory.sh/docs/oathkeeper/pipeline/mutator',
  },
  { product: 'Sandstorm', names: ['x-sandstorm-*'], source: 'https://docs.sandstorm.io/en/latest/developing/auth/' },
  {
    product: 'MuleSoft API gateway policies',
    names: ['x-agw-*'],
    source: 'https://docs.mulesoft.com/gateway/latest/policies-included-oauth-access-token-enforcement',
  },
  {
    product: 'Device agents and mobile device management: state of a device',
    names: ['x-device-*'],
    source: '../guides/devices.md',
  },
]

/** The product whose field this is, by any spelling of the name; undefined: none, and it is forwarded. */
export function productOf(name: string): string | undefined {
  const plain = normalizeName(name)
  return identityNames.find(({ names }) => names.some((one) => matches(one, plain)))?.product
}

function matches(pattern: string, plain: string): boolean {
  return pattern.endsWith('*') ? plain.startsWith(pattern.slice(0, -1)) : plain === pattern
}
