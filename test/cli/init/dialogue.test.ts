// The dialogue of `einlass init` on a pseudo-terminal, at the demo's provider: short, forgiving, and without a trace when left.

import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { freePorts } from '../../../src/demo/listen.ts'
import { startProvider, type DemoProvider } from '../../../src/demo/provider/provider.ts'
import { folder } from '../../config/config-fixtures.ts'
import { openPty, type Pty } from '../../support/pty.ts'
import { launcher, run } from '../run-command.ts'

const clientSecret = 'never-shown-4711'
let provider: DemoProvider

/** Each trial has one of its own, which the provider knows. */
let trialPorts: number[]

beforeAll(async () => {
  trialPorts = await freePorts(20)
  const trials = trialPorts.map((port) => `http://127.0.0.1:${port}/callback/default`)
  const client = {
    clientId: 'einlass',
    clientSecret,
    redirectUris: ['https://access.example.invalid/callback/default', ...trials],
  }
  provider = await startProvider({ port: 0, people: [], clients: [client] })
})
afterAll(() => provider.stop())

async function empty(): Promise<string> {
  const path = join(await folder(), 'new')
  await mkdir(path)
  return path
}

function open(cwd: string, options: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Pty {
  // No public authority knows these names, and nobody asks a resolver outside for them.
  const authority = ['--acme-directory', 'https://ca.example.invalid/directory']
  const pty = openPty([process.execPath, launcher, 'init', ...authority, ...options], { cwd, env })
  onTestFinished(() => pty.kill())
  return pty
}

interface Step {
  readonly shown: string
  readonly answer?: string
}

/** The shortest way to a configuration with ACME: what is not in brackets must be typed. */
function steps(): readonly Step[] {
  return [
    { shown: 'where people sign in', answer: 'access.example.invalid' },
    { shown: 'Mail address for certificates', answer: 'it@example.invalid' },
    { shown: 'Which one?' },
    { shown: 'Issuer', answer: provider.issuer },
    { shown: 'Press Enter when this is done' },
    { shown: 'Client id [einlass]' },
    { shown: 'Client secret (not shown)', answer: clientSecret },
    { shown: 'Enter skips the trial' },
    { shown: 'Time zone' },
    { shown: 'as people read it [example.invalid]' },
    { shown: 'Its address inside', answer: provider.issuer },
    { shown: 'Its name [app]' },
    { shown: 'Its address for people [https://app.example.invalid]' },
    { shown: 'Who may use it? Groups, @domain or mail addresses, separated by commas [@example.invalid]' },
    { shown: 'Write these files? [Y/n]' },
  ]
}

test('the shortest way takes five typed answers, and never shows the secret', async () => {
  const cwd = await empty()
  const pty = open(cwd, ['--trial-port', String(trialPorts.pop())])
  const began = performance.now()
  for (const { shown, answer } of steps()) {
    await pty.until(shown)
    pty.answer(answer)
  }
  await pty.until('einlass.yaml: valid (1 app')
  await pty.until('einlass check --online --config einlass.yaml')
  expect(await pty.ended).toBe(0)
  const { typed, enters } = pty.counts()
  console.log(
    `einlass init: ${typed} answers, ${enters} times Enter, ${((performance.now() - began) / 1000).toFixed(1)} s`,
  )
  expect(typed).toBe(5)
  // A plain warning, and no stop.
  expect(pty.shown()).toContain('access.example.invalid cannot be resolved yet')
  expect(pty.shown()).not.toContain(clientSecret)
  expect(await readFile(join(cwd, 'client.secret'), 'utf8')).toBe(`${clientSecret}\n`)
  expect(await readFile(join(cwd, 'einlass.yaml'), 'utf8')).toContain(
    'acme: { email: it@example.invalid, terms_of_service: agreed, directory: ',
  )
})

test('speaks German by LANG, and says j for yes', async () => {
  const cwd = await empty()
  const pty = open(cwd, ['--no-trial', '--app-to', provider.issuer], { LANG: 'de_DE.UTF-8' })
  const german: readonly Step[] = [
    { shown: 'an der sich alle anmelden', answer: 'access.example.invalid' },
    { shown: 'Mailadresse für Zertifikate', answer: 'it@example.invalid' },
    { shown: 'Welcher?' },
    { shown: 'Issuer', answer: provider.issuer },
    { shown: 'Enter drücken' },
    { shown: 'Client-ID [einlass]' },
    { shown: 'Client-Secret (wird nicht angezeigt)', answer: clientSecret },
    { shown: 'Zeitzone' },
    { shown: 'Name Ihrer Organisation' },
    { shown: 'Ihr Name' },
    { shown: 'Ihre Adresse für die Menschen' },
    { shown: 'Wer darf sie benutzen?' },
    { shown: 'Diese Dateien schreiben? [J/n]', answer: 'j' },
  ]
  for (const { shown, answer } of german) {
    await pty.until(shown)
    pty.answer(answer)
  }
  await pty.until('Weiter')
  expect(await pty.ended).toBe(0)
  expect(await readFile(join(cwd, 'einlass.yaml'), 'utf8')).toContain('# Wo sich alle anmelden: OpenID Connect.')
})

test('asks again for what cannot be right, with the reason', async () => {
  const [port, closed] = (await freePorts(2)) as [number, number]
  const pty = open(await empty(), ['--no-trial'])
  await pty.until('where people sign in')
  pty.answer('https://user:pass@access.example.invalid')
  await pty.until('✗ this is no address')
  pty.answer('192.0.2.1')
  await pty.until('✗ expected a name with a dot')
  pty.answer(`http://access.localhost:${port}`)
  await pty.until('Which one?')
  pty.answer('99')
  await pty.until('✗ expected a number of the list')
  pty.answer('11')
  await pty.until('Issuer')
  pty.answer()
  await pty.until('✗ an answer is needed here')
  pty.answer(`http://127.0.0.1:${closed}`)
  await pty.until('✗ It cannot be used as it is (connection_refused')
  pty.answer(provider.issuer)
  await pty.until('Press Enter')
  pty.answer()
  await pty.until('Client id')
  pty.answer()
  await pty.until('Client secret')
  pty.answer('another')
  await pty.until('✗ The provider does not accept this client (invalid_client)')
  await pty.until('again? [Y/n]')
  pty.answer()
  await pty.until('Client id')
  pty.answer()
  await pty.until('Client secret')
  pty.answer(clientSecret)
  await pty.until('accepts this client')
  await pty.until('Time zone')
  pty.answer('+02:00')
  await pty.until('✗ expected an IANA name')
  pty.answer('Europe/Berlin')
  await pty.until('organisation')
  pty.answer('env:SECRET')
  await pty.until('✗ a text that begins with env:')
  pty.answer('Muster')
  await pty.until('Its address inside')
  pty.answer('http://169.254.169.254')
  await pty.until('✗ this leads to')
  pty.answer(`http://127.0.0.1:${port}`)
  await pty.until('✗ this leads to a listener of Einlass itself')
  pty.answer(`http://127.0.0.1:${closed}`)
  await pty.until('Nothing listens there now')
  pty.type('\u0003')
  expect(await pty.ended).toBe(130)
})

test('what is pasted ahead is taken in its turn, and the secret in it is not shown', async () => {
  const cwd = await empty()
  const pty = open(cwd, ['--no-trial'])
  await pty.until('where people sign in')
  const lines = steps().filter(({ shown }) => shown !== 'Enter skips the trial')
  pty.type(lines.map(({ answer = '' }) => `${answer}\r`).join(''))
  expect([await pty.ended, pty.shown()]).toEqual([0, expect.not.stringContaining(clientSecret)])
  expect(await readFile(join(cwd, 'client.secret'), 'utf8')).toBe(`${clientSecret}\n`)
})

describe('Ctrl-C', () => {
  test('at any question leaves nothing behind', { timeout: 120_000 }, async () => {
    const all = steps()
    const ends = await inTurns(4, all.length, async (at) => {
      const cwd = await empty()
      const pty = open(cwd, ['--trial-port', String(trialPorts.pop())])
      for (const { shown, answer } of all.slice(0, at)) {
        await pty.until(shown)
        pty.answer(answer)
      }
      await pty.until(all[at]!.shown)
      pty.type('half an answer\u0003')
      return { code: await pty.ended, files: await readdir(cwd), said: pty.shown().includes('Nothing was written.') }
    })
    expect(ends).toEqual(all.map(() => ({ code: 130, files: [], said: true })))
  })
})

test('an existing file ends it before the first question', async () => {
  const cwd = await folder({ 'new/secret.key': 'mine' })
  const pty = open(join(cwd, 'new'))
  expect(await pty.ended).toBe(1)
  expect(pty.shown()).toMatch(/^einlass init: .*\/new\/secret\.key exists already, and nothing is ever overwritten/)
  const { code, stderr } = await run(['init', '--yes', '--language', 'de', '--domain', 'x'], { cwd })
  expect([code, stderr]).toEqual([2, expect.stringContaining('missing --acme-mail')])
})

/** `act(0)` to `act(count - 1)`, `width` at a time. */
async function inTurns<T>(width: number, count: number, act: (at: number) => Promise<T>): Promise<readonly T[]> {
  const results: T[] = []
  for (let from = 0; from < count; from += width) {
    const size = Math.min(width, count - from)
    results.push(...(await Promise.all(Array.from({ length: size }, (_, index) => act(from + index)))))
  }
  return results
}
