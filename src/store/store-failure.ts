// Causes of an unreachable Redis, each with what to do about it: for the log.

const mendOf: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens at the address of `store`: check it, and whether Redis runs',
  ENOTFOUND: 'the name in `store` cannot be resolved: check its spelling and DNS',
  EAI_AGAIN: 'the name in `store` cannot be resolved: check its spelling and DNS',
  NOAUTH: 'Redis wants a password: check the URL of `store`',
  WRONGPASS: 'Redis refuses the user name or password: check the URL of `store`',
  NOPERM: 'the Redis user lacks permissions: it needs all commands on the keys of the prefix',
  READONLY: 'Redis is a replica: `store` must name the master',
  OOM: 'the memory of Redis is full: raise `maxmemory`',
  MISCONF: 'Redis cannot save to its disk: free space, and see its log',
  LOADING: 'Redis is loading its data: wait',
}

/** `code: message` of what is behind a `StoreUnreachable`, and what to do about it. */
export function explainStoreFailure(error: unknown): { readonly cause: string; readonly mend: string } {
  const cause = (error as { cause?: unknown }).cause ?? error
  const { code, message = String(cause) } = cause as { code?: string; message?: string }
  // An error reply of Redis starts with its code.
  const word = code ?? /^[A-Z]{2,}/.exec(message)?.[0] ?? ''
  return {
    cause: message === '' ? word : message,
    mend: mendOf[word] ?? 'check the address in `store`, the network and the log of Redis',
  }
}
