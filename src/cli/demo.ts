// `einlass demo`; reports a missing optional package.

import type { Command } from './command.ts'

/** Optional packages of the demo: identity provider and WebSockets. */
const packages = ['oidc-provider', 'ws']

/** `runCommand`: runs the other commands of the tour. */
export function createDemo(runCommand: Command): Command {
  return async (args, io) => {
    const missing = missingDemoPackages()
    if (missing !== undefined) return (io.stderr(`einlass demo: ${missing}\n`), 1)
    return (await import('../demo/demo.ts')).demo(args, io, runCommand)
  }
}

/** What is not installed, and how to install it; undefined: nothing. */
export function missingDemoPackages(): string | undefined {
  const missing = packages.filter((name) => !isInstalled(name))
  if (missing.length === 0) return undefined
  const what = `${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} not installed`
  return `${what}: install Einlass again, without --omit=optional`
}

function isInstalled(name: string): boolean {
  try {
    import.meta.resolve(name)
    return true
  } catch {
    return false
  }
}
