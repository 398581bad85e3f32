// Methods that an app accepts (`methods`), compiled at reload to one look-up per request.

import type { App } from '../config/configuration.ts'
import { httpMethods, isMethod, webdavMethods } from '../config/methods.ts'

/** `further`: none of `http`, so that a Destination field counts. Undefined: not accepted, 501. */
export type MethodKind = 'http' | 'further' | undefined

/** A request of a method that its app does not accept. */
export interface UnsupportedMethod {
  /** A token (RFC 9110 9.1) of bounded length. */
  readonly method: string
  readonly app: Pick<App, 'name' | 'title' | 'owner'>
}

export function methodKinds({ methods = httpMethods }: Pick<App, 'methods'>): (method: string) => MethodKind {
  const names = methods === 'all' ? webdavMethods : methods
  const known = new Map<string, MethodKind>()
  for (const name of names) known.set(name, httpMethods.has(name) ? 'http' : 'further')
  if (methods !== 'all') return (method) => known.get(method)
  return (method) => known.get(method) ?? (isMethod(method) ? 'further' : undefined)
}

/** Whether an app accepts more than `http`: then the header fields of WebDAV are its business. */
export function isWebDav({ methods = httpMethods }: Pick<App, 'methods'>): boolean {
  return methods === 'all' || [...methods].some((name) => !httpMethods.has(name))
}
