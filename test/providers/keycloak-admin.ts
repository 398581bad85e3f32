// Keycloak's admin REST API, as far as the provider tests need it: requests with a token of the bootstrap administrator.

import { request } from 'undici'

export interface KeycloakAdmin {
  /** `path` below `/admin/realms`. Returns the JSON response; undefined when it is empty. Rejects unless it is a 2xx. */
  call<T = unknown>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T>
}

/** `origin` of the server, without a path. */
export function keycloakAdmin(origin: string, username: string, password: string): KeycloakAdmin {
  let token = ''
  let expiresAt = 0

  const currentToken = async (): Promise<string> => {
    if (Date.now() < expiresAt) return token
    const { statusCode, body } = await request(`${origin}/realms/master/protocol/openid-connect/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ grant_type: 'password', client_id: 'admin-cli', username, password }).toString(),
    })
    if (statusCode !== 200) throw new Error(`Keycloak: no administrator's token: ${statusCode} ${await body.text()}`)
    const answer = (await body.json()) as { access_token: string; expires_in: number }
    token = answer.access_token
    expiresAt = Date.now() + (answer.expires_in - 10) * 1000
    return token
  }

  return {
    async call<T>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, input?: unknown): Promise<T> {
      const { statusCode, body } = await request(`${origin}/admin/realms${path}`, {
        method,
        headers: { authorization: `Bearer ${await currentToken()}`, 'content-type': 'application/json' },
        ...(input === undefined ? {} : { body: JSON.stringify(input) }),
      })
      const text = await body.text()
      if (statusCode >= 300) throw new Error(`Keycloak: ${method} ${path}: ${statusCode} ${text}`)
      return (text === '' ? undefined : JSON.parse(text)) as T
    },
  }
}
