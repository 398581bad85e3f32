// What `einlass explain` is asked about: an app by name, or the one whose public address a URL has.

import type { App, Configuration, PublicAddress } from '../config/configuration.ts'
import { didYouMean } from '../config/load/problem.ts'
import { canonicalTarget } from '../gateway/canonical/request-target.ts'
import { findRoute } from '../gateway/find-route.ts'
import { InvalidArgument, printableArgument } from './invalid-argument.ts'
import { UsageError } from './parse-arguments.ts'

export interface RequestedAddress {
  readonly app: App
  readonly address: PublicAddress
  /** As written; undefined: the first page of the app. */
  readonly path: string | undefined
}

type AddressOptions = { readonly [Name in 'app' | 'path' | 'url']?: string | undefined }

/** Throws `UsageError` unless there is `--url`, or `--app` with or without `--path`. */
export function checkAddressOptions({ app, path, url }: AddressOptions): void {
  if (app === undefined && url === undefined) throw new UsageError('missing --app or --url')
  if (url !== undefined && (app !== undefined || path !== undefined))
    throw new UsageError('--url has the place of --app and --path')
}

/** `options`: checked. Throws `InvalidArgument`. */
export function requestedAddress(
  { apps }: Pick<Configuration, 'apps'>,
  { app: name = '', path, url }: AddressOptions,
): RequestedAddress {
  if (url !== undefined) return addressOf(apps, url)
  const app = apps.get(name)
  if (app !== undefined) return { app, address: app.addresses[0], path }
  const known = didYouMean(name, [...apps.keys()]) || `; known apps: ${[...apps.keys()].join(', ') || 'none'}`
  throw new InvalidArgument(`--app: unknown app "${name}"${known}`)
}

function addressOf(apps: Configuration['apps'], text: string): RequestedAddress {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw new InvalidArgument(
      `--url: ${printableArgument(text)} is not an address such as https://wiki.example.com/page`,
    )
  const all = [...apps.values()].flatMap((app) => app.addresses.map((address) => ({ app, address })))
  const atOrigin = all
    .filter(({ address }) => address.origin === url.origin)
    .sort((one, other) => other.address.path.length - one.address.path.length)
  // As written: `URL` would have resolved dot segments.
  const path = /^[^:]+:\/\/[^/?#]*([^?#]*)/.exec(text)![1] || '/'
  const target = canonicalTarget(path)
  const found = findRoute(atOrigin, 'path' in target ? target.path : path)
  if (found !== undefined) return { ...found, path }
  const origins = [...new Set(all.map(({ address }) => address.origin))]
  throw new InvalidArgument(
    atOrigin.length === 0
      ? `--url: no app is at ${url.origin}: the gateway responds 404; apps are at ${origins.join(', ') || 'no address'}`
      : `--url: no app at ${url.origin} has this path: the gateway responds 404`,
  )
}
