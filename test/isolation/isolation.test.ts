// A selection of `npm run test:isolation`: in Chromium, a page of one application cannot act at another, nor sign the user out.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { attempts, type Attempt } from './attempts.ts'
import { openStage, type Stage } from './browser.ts'
import { browserState } from './browser-state.ts'
import { report, runAttempts } from './run.ts'

/** One of each way in which a browser sends. */
const names = [
  'fetch POST, no-cors',
  'fetch PUT, cors (preflight)',
  'sendBeacon',
  'form in a window, text/plain',
  'fetch POST by its service worker',
  'WebSocket',
  'fetch GET, cors',
  'fetch POST',
  'form under no-referrer',
]
const chosen = attempts.filter(
  ({ name, target, actor }) => names.includes(name) && (target === 'application' || actor === 'another application'),
)

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage?.stop())

test('every attempt has the outcome it must have', async () => {
  const outcomes = new Set(chosen.map(({ outcome }: Attempt) => outcome))
  expect(outcomes).toEqual(new Set(['refused', 'read only', 'accepted']))
  const tried = await runAttempts(stage, chosen)
  expect(tried.filter(({ attempt, came }) => came !== attempt.outcome).map((one) => report([one]))).toEqual([])
})

test.each([
  ['a root-scoped service worker of a progressive web app', 'registered'],
  ['a service worker widened to /.einlass/ by Service-Worker-Allowed', 'SecurityError'],
  ['our own paths as the script of a service worker', 'SecurityError'],
  ['a foreign form through a pass-through service worker of the target', 'refused, 403'],
  ['storage and service worker after sign-out at the gateway', '; afterwards 0 workers, draft null, cookies none'],
])('%s: %s', async (name, outcome) => {
  expect(await browserState.find((one) => one.name === name)!.run(stage)).toContain(outcome)
})
