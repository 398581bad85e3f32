// Builds the store settings: memory, SQLite or Redis. The URL may contain a password, so messages never quote it.

import type { StoreSettings } from '../configuration.ts'
import type { Diagnostics, Place } from './diagnostics.ts'
import { parseListen } from '../address.ts'
import { concealValues } from '../load/secret-references.ts'
import { checkSecretValue } from './secret-values.ts'
import { absolute } from './tls-files.ts'

const redisPattern = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^@/?#]*)@)?([^@/?#]+)(?:\/([^?#/]*))?(\?[^#]*)?$/

/** `place`: of the key `store`, even if it is absent. */
export function buildStore(check: Diagnostics, place: Place, text: string | undefined): StoreSettings {
  const memory: StoreSettings = { kind: 'memory' }
  const value = text ?? 'sqlite:einlass.db'
  if (value === 'memory:') return memory
  if (value.startsWith('sqlite:')) {
    const file = value.slice('sqlite:'.length)
    if (file !== '' && !/^\/\/|[?#]/.test(file)) return { kind: 'sqlite', file: absolute(place, file) }
    check.problem(place, 'expected sqlite:FILE, such as sqlite:einlass.db')
    return memory
  }
  const match = redisPattern.exec(value)
  if (match === null) {
    check.problem(place, 'expected redis://, rediss://, redis+sentinel://, redis+cluster://, sqlite:FILE or memory:')
    return memory
  }
  const [, scheme, mode, credentials, hosts, path] = match
  if (credentials !== undefined && credentials !== '') {
    const password = credentials.slice(credentials.indexOf(':') + 1)
    check.secret(value)
    checkSecretValue(check, place, password, 'password')
  }
  for (const host of hosts!.split(',')) {
    if (parseListen(host.includes(':') ? host : `${host}:6379`) === undefined) {
      check.problem(place, 'invalid host: expected host:port, several separated by commas')
      return memory
    }
  }
  if (mode === undefined && hosts!.includes(','))
    check.problem(place, 'several hosts need redis+sentinel:// or redis+cluster://')
  if (mode === 'sentinel' && (path ?? '') === '')
    check.problem(place, 'expected redis+sentinel://host1,host2/name: the name of the master is missing')
  return concealValues(
    {
      kind: 'redis',
      mode: mode === undefined ? 'single' : mode === 'sentinel' ? 'sentinel' : 'cluster',
      url: value,
      safeUrl: `${scheme}${mode === undefined ? '' : `+${mode}`}://${hosts}${path === undefined ? '' : `/${path}`}`,
    },
    ['url'],
  )
}
