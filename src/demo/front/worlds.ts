// Host names of the demo's front: those of the company laptop, and those of each person, and what they stand for.

/** The same addresses as one browser sees them: all on the port of the front, and for a person under names of their own. */
export interface World {
  /** User name; undefined: the company laptop, which anybody may use. */
  readonly person: string | undefined
  /** `Host` behind the front: `wiki.localhost:8080`. */
  readonly host: string
  /** Port behind the front. */
  readonly port: number
  /** First label of the host: `wiki`, `access`, `login`. */
  readonly name: string
  /** An address behind the front as this browser reaches it; other text unchanged. */
  outward(address: string): string
  /** As `outward`, for every address in a page or a header field, except those in the query of another. */
  outwardAll(text: string): string
  /** The reverse of `outward`. */
  inward(address: string): string
}

export interface Worlds {
  /** `hostname`: lower case, without port. Undefined for a name that stands for nothing behind the front. */
  at(hostname: string): World | undefined
  /** Address of `address` in the browser of a person. */
  of(person: string, address: string): string
}

export interface WorldsOptions {
  /** Of the front. */
  readonly port: number
  readonly gatewayPort: number
  /** Ports of the identity providers by the first label of their host. */
  readonly providers: Readonly<Record<string, number>>
  /** User names. */
  readonly people: readonly string[]
}

/**
 * `machines.miro.demo.localhost` is `machines.localhost` in the browser of Miro. Browsers keep cookies by host, so each
 * person has cookies of their own. All names end in `demo.localhost`, so that a page at that address and the frames it
 * shows are the same site, for which `SameSite=Lax` cookies are sent.
 */
export function createWorlds({ port, gatewayPort, providers, people }: WorldsOptions): Worlds {
  const behind = new Set([gatewayPort, ...Object.values(providers)].map(String))

  function world(person: string | undefined, name: string): World {
    const suffix = person === undefined ? '' : `.${person}.demo`
    const onward = providers[name] ?? gatewayPort
    const there = (scheme: string, label: string, at: string) =>
      behind.has(at) ? `${scheme}://${label}${suffix}.localhost:${port}` : `${scheme}://${label}.localhost:${at}`
    const here = `${suffix}.localhost:${port}`
    return {
      person,
      name,
      port: onward,
      host: `${name}.localhost:${onward}`,
      outward: (address) => address.replace(leading, (_all, scheme, label, at) => there(scheme, label, at)),
      outwardAll: (text) => text.replace(anywhere, (_all, scheme, label, at) => there(scheme, label, at)),
      inward(address) {
        const [, scheme, label] = /^(https?|wss?):\/\/([a-z0-9-]+)(?=\.)/.exec(address) ?? []
        const own = `${scheme}://${label}${here}`
        if (label === undefined || !address.startsWith(own)) return address
        return `${scheme}://${label}.localhost:${providers[label] ?? gatewayPort}${address.slice(own.length)}`
      },
    }
  }

  return {
    at(hostname) {
      const [, name = '', person] = /^([a-z0-9-]+)(?:\.([a-z0-9-]+)\.demo)?\.localhost$/.exec(hostname) ?? []
      if (name === '' || (person !== undefined && !people.includes(person))) return undefined
      return world(person, name)
    },
    of: (person, address) => world(person, '').outward(address),
  }
}

/** Scheme, first label and port of an address of the demo. */
const leading = /^(https?|wss?):\/\/([a-z0-9-]+)\.localhost:(\d+)(?![\d.])/
/** Not after `=`, `&` or `%3D`, where it is the value of a query, except in the `url=` of a refresh. */
const anywhere = /(?<=["'\s>(,]|\burl=|^)(https?|wss?):\/\/([a-z0-9-]+)\.localhost:(\d+)(?![\d.])/g
