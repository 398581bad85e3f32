// `einlass init`: from answers to a configuration that works, in a terminal or by options.

import { accessSync, constants } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { check } from '../check.ts'
import type { Io } from '../command.ts'
import { command, UsageError } from '../parse-arguments.ts'
import { createAsker, type Asker } from './asker.ts'
import { fileNames } from './configuration-text.ts'
import { runDemoProvider } from './demo-provider.ts'
import { holdDialogue, type DialogueResult } from './dialogue.ts'
import { languageOf, languages, messagesIn, type Language } from './messages/language.ts'
import { offerService } from './offer-service.ts'
import { help, options, refuseContradictions, requireOptions, type InitValues } from './options.ts'
import { pairOutside } from './own-authorities.ts'
import { prepareFiles } from './prepare-files.ts'
import { serviceFolder } from './service.ts'
import { Cancelled, openTerminal } from './terminal.ts'
import { canWrite, writeFiles, type FileToWrite, type Written } from './write-files.ts'

/** Exit code: 0 written, 1 nothing written because something failed, 2 wrong usage, 130 interrupted. */
export const init = command(
  { name: 'init', usage: 'einlass init [--directory DIR] [--yes] [options]', help, options },
  async (values, io) => {
    const language = languageIn(values, io)
    const t = messagesIn(language)
    refuseContradictions(values)
    const asks = process.stdin.isTTY === true && process.stdout.isTTY === true && values.yes !== true
    if (!asks) requireOptions(values)
    const directory = values.directory === undefined ? usualDirectory(io.cwd) : resolve(io.cwd, values.directory)
    refuseUnlessWritten(canWrite(directory, Object.values(fileNames)), t)

    const terminal = asks ? openTerminal({ input: process.stdin, output: process.stdout }) : undefined
    const asker = createAsker(t, terminal, terminal?.say ?? io.stdout)
    const signal = awaitSignal()
    try {
      const context = { values, directory, language, io }
      const interrupted = [signal.arrived.then(giveUp), ...(terminal === undefined ? [] : [terminal.cancelled])]
      const { result, files } = await Promise.race([prepare(asker, context), ...interrupted])
      refuseUnlessWritten(writeFiles(directory, files), t)
      const code = await finish(asker, result, context)
      if (code !== 0 || result.demo === undefined) return code
      terminal?.close()
      const [file, { origin, app, timeZone }] = [join(directory, fileNames.configuration), result.answers]
      return await runDemoProvider(result.demo, {
        file,
        origin,
        app: app.from,
        zone: timeZone,
        t,
        io,
        stop: signal.arrived,
      })
    } catch (error) {
      if (!(error instanceof Cancelled)) throw error
      terminal?.close()
      io.stdout(`\n${t.write.nothing}\n`)
      // A request to a provider that does not answer must not keep the person waiting.
      setTimeout(() => process.exit(130), 300).unref()
      return 130
    } finally {
      signal.ignore()
      terminal?.close()
    }
  },
)

interface Context {
  readonly values: InitValues
  readonly directory: string
  readonly language: Language
  readonly io: Io
}

interface Prepared {
  readonly result: DialogueResult
  readonly files: readonly FileToWrite[]
}

/** Everything up to the moment of writing. */
async function prepare(asker: Asker, context: Context): Promise<Prepared> {
  const { t, terminal } = asker
  if (terminal !== undefined) asker.say(t.intro(context.directory))
  const result = await holdDialogue(asker, context)
  const files = await prepareFiles(result, context.directory, context.io.env, t)
  if (terminal !== undefined) {
    asker.heading(t.write.heading)
    for (const { name } of files) asker.say(t.write.written(join(context.directory, name)))
    if (!(await asker.confirm(t.write.confirm, true))) giveUp()
  }
  return { result, files }
}

/** What follows the writing: the check, the service, and the next command. */
async function finish(
  asker: Asker,
  { answers, demo }: DialogueResult,
  { values, directory, io }: Context,
): Promise<number> {
  const { t } = asker
  const file = shownPath(join(directory, fileNames.configuration), io.cwd)
  asker.say('')
  const code = await check(['--config', file], { ...io, stdout: (text) => asker.say(text.trimEnd()) })
  if (code !== 0) return code
  asker.say(t.write.keep)
  const unreadable = directory === serviceFolder ? pairOutside(answers, directory) : []
  for (const path of unreadable) asker.say(`  ${t.write.outside(path, directory)}`)
  if (demo !== undefined) return 0
  const running = await offerService(asker, directory, values.service === true)
  if (running === 'failed') return 1
  asker.heading(t.next.heading)
  const shell = quoted(file)
  asker.say(`  einlass check --online --config ${shell}   ${t.next.online}`)
  if (running === 'no') asker.say(`  einlass serve --config ${shell}   ${t.next.serve}`)
  asker.say(`  ${t.next.open(answers.app.from)}`)
  return 0
}

function refuseUnlessWritten(outcome: Written, t: Asker['t']): void {
  if (outcome.state === 'exists') throw new Error(t.write.exists(outcome.path))
  if (outcome.state === 'failed') throw new Error(t.write.folder(outcome.path, outcome.code))
}

function giveUp(): never {
  throw new Cancelled('cancelled')
}

function languageIn(values: InitValues, io: Io): Language {
  if (values.language === undefined) return languageOf(io.env)
  const known = languages.find((one) => one === values.language)
  if (known === undefined) throw new UsageError(`--language: expected ${languages.join(' or ')}`)
  return known
}

function usualDirectory(cwd: string): string {
  try {
    accessSync(serviceFolder, constants.W_OK | constants.X_OK)
    return serviceFolder
  } catch {
    return cwd
  }
}

/** Relative where that is shorter to read. */
function shownPath(path: string, cwd: string): string {
  const below = relative(cwd, path)
  return below.startsWith('..') ? path : below
}

function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/** The first SIGINT, SIGTERM or SIGHUP; without it, one of them would end the process in the middle. */
function awaitSignal(): { readonly arrived: Promise<void>; ignore(): void } {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  let resolve: () => void = () => undefined
  const arrived = new Promise<void>((done) => (resolve = done))
  for (const name of signals) process.on(name, resolve)
  return {
    arrived,
    ignore: () => {
      for (const name of signals) process.off(name, resolve)
    },
  }
}
