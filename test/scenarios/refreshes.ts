// `npm run test:refreshes`: parallel requests through two gateways while refresh tokens rotate; prints one line with figures.

import {
  numberOf,
  positive,
  readCommandLine,
  type CommandForm,
  type CommandOptions,
} from '../../scripts/command-line.ts'
import { runParallelRefreshes } from './parallel-refreshes.ts'

const form = {
  name: 'test:refreshes',
  about:
    'Sends parallel requests through two gateways on one Redis while a provider rotates refresh tokens. Exits 1 unless every answer is 200 and no session ended.',
  options: { seconds: { type: 'string', default: '60', help: 'how long (60)' } },
} as const satisfies CommandForm<CommandOptions>

const seconds = numberOf(form, 'seconds', readCommandLine(form).seconds, positive)
const { line, statuses, ended } = await runParallelRefreshes(seconds)
process.stdout.write(`${line}\n`)
process.exitCode = ended === 0 && Object.keys(statuses).join() === '200' ? 0 : 1
