// DNS lookup of Node's clients for names below `localhost`, which resolve in browsers and curl only.

type Found = (error: Error | null, address: unknown, family?: number) => void

export function lookupLoopback(_host: string, options: { all?: boolean }, found: Found): void {
  if (options.all === true) found(null, [{ address: '127.0.0.1', family: 4 }])
  else found(null, '127.0.0.1', 4)
}
