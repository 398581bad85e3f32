// Entry point of every process: a worker where the supervisor started it, else the command line.

import { workerArgument } from '../server/workers/worker-argument.ts'

// Only the supervisor has a channel to its child: typed by a person, the argument is an unknown command.
if (process.argv[2] === workerArgument && process.send !== undefined) await import('../server/workers/worker.ts')
else process.exitCode = await (await import('./cli.ts')).run(process.argv.slice(2))
