// `einlass demo`, and what is missing where the optional packages it stands on were left out.

import type { Command } from './command.ts'

/** The demo's provider and its WebSockets; nothing else of Einlass needs them. */
const packages = ['oidc-provider', 'ws']

/** `runCommand`: the tour plays other commands through it. */
export function createDemo(runCommand: Command): Command {
  return async (args, io) => {
    const missing = packages.filter((name) => !isInstalled(name))
    if (missing.length > 0) {
      const what = `${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} not installed`
      io.stderr(`einlass demo: ${what}: run "npm ci" in the project folder, without --omit=optional\n`)
      return 1
    }
    return (await import('../demo/demo.ts')).demo(args, io, runCommand)
  }
}

function isInstalled(name: string): boolean {
  try {
    import.meta.resolve(name)
    return true
  } catch {
    return false
  }
}
