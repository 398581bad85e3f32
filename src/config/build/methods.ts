// Builds `methods` of an app, and tells what does not fit together with it.

import { METHODS } from 'node:http'
import type { App } from '../configuration.ts'
import { httpMethods, isForbiddenMethod, webdavMethods, type Methods } from '../methods.ts'
import type { AppInput } from '../schema/app.ts'
import { childPlace, type Diagnostics, type Place } from './diagnostics.ts'

type MethodSettings = Pick<App, 'methods' | 'destinationScheme'>

/** `place`: of the app. `nodeHttp1`: HTTP/1 by Node's server, which reads a fixed list of methods. */
export function buildMethods(check: Diagnostics, place: Place, input: AppInput, nodeHttp1: boolean): MethodSettings {
  const at = childPlace(place, 'methods')
  const methods = namedMethods(input.methods)
  if (Array.isArray(input.methods)) {
    for (const [index, name] of input.methods.entries()) {
      if (isForbiddenMethod(name)) check.problem(childPlace(at, index), `${name} is never forwarded`)
    }
  }
  const unreadable = nodeHttp1 && methods !== 'all' ? [...methods].filter((name) => !METHODS.includes(name)) : []
  if (Array.isArray(input.methods) && unreadable.length > 0) {
    check.warn(at, `gateway.http1: node cannot read ${unreadable.join(', ')} over HTTP/1`)
  }
  const schemes = new Set((input.to ?? []).map((origin) => /^https:/i.test(origin)))
  const webdav = methods === 'all' || [...methods].some((name) => !httpMethods.has(name))
  if (webdav && schemes.size > 1 && input.destination_scheme !== 'public') {
    check.problem(
      childPlace(place, 'to'),
      'with methods of WebDAV, all need one scheme: it is part of Destination; or set destination_scheme: public',
    )
  }
  const hosts = new Set((input.to ?? []).map((origin) => URL.parse(origin)?.host))
  if (webdav && hosts.size > 1 && input.host === 'upstream') {
    check.problem(
      childPlace(place, 'host'),
      'with methods of WebDAV, upstream needs one host in `to`: it is part of Destination',
    )
  }
  return {
    ...(methods !== httpMethods && { methods }),
    ...(input.destination_scheme !== undefined && { destinationScheme: input.destination_scheme }),
  }
}

function namedMethods(input: AppInput['methods']): Methods {
  switch (input) {
    case undefined:
    case 'http':
      return httpMethods
    case 'webdav':
      return webdavMethods
    case 'all':
      return 'all'
    // open: a list of names
    default:
      return new Set(input)
  }
}
