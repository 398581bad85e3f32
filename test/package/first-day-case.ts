// A first day on a bare Debian: from `apt install` by `einlass init` to the page of an application, with a certificate by ACME.

import { appendFile, copyFile, writeFile } from 'node:fs/promises'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { registeredAddresses } from '../../src/cli/init/show-registration.ts'
import { startProvider, type DemoProvider } from '../../src/demo/provider/provider.ts'
import { bundlePath, serviceCommand } from '../../scripts/package/service-command.ts'
import { startPebble } from '../support/pebble.ts'
import { startRecordingApp } from '../support/recording-app.ts'
import type { Case, Context } from './case.ts'
import { calls, pretendSystemd, rootWith } from './deb-case.ts'
import { runInside, startInside } from './debian-root.ts'
import { launchWith, openSignedIn, refusedUnlessTrusted, trust } from './first-day-browser.ts'
import { whenOpen, type GatewayInside } from './gateway-inside.ts'

const needs = ['root', 'dpkg-deb', 'debootstrap', 'unshare', 'pebble', 'pebble-challtestsrv', 'certutil', 'chromium']
const [access, wiki] = ['access.first-day.test', 'wiki.first-day.test']
const configuration = '/etc/einlass/einlass.yaml'
const person = { username: 'anna', name: 'Anna Adler', email: 'anna@first-day.test', groups: ['staff'] }
const secret = 'of-the-first-day: {hidden}'

export const firstDayCases: readonly Case[] = [
  {
    name: 'a first day on a bare Debian: apt install, einlass init --service, the unit',
    needs,
    run: (context) => firstDay(context, 'service'),
  },
  {
    name: 'a first day on a bare Debian without systemd: apt install, einlass init, einlass serve',
    needs,
    run: (context) => firstDay(context, 'by hand'),
  },
]

type Start = 'service' | 'by hand'

async function firstDay(context: Context, start: Start): Promise<string> {
  const undo: (() => unknown)[] = []
  try {
    const root = await rootWith(context, `first-day-${start.replace(' ', '-')}`)
    // An authority connects to ports 443 and 80, so the gateway is there; names lead to loopback in these files alone.
    const pebble = await startPebble({ standardPorts: true })
    undo.push(() => pebble.stop())
    await appendFile(join(root, 'etc/hosts'), `127.0.0.1 ${access} ${wiki}\n`)
    await copyFile(pebble.ca, join(root, 'srv/pebble.pem'))
    await writeFile(join(root, 'srv/client.secret'), `${secret}\n`, { mode: 0o600 })
    if (start === 'service') await pretendSystemd(root)
    const app = await startRecordingApp()
    undo.push(() => app.stop())
    const provider = await registered()
    undo.push(() => provider.stop())
    const home = join(context.work, `home-${start.replace(' ', '-')}`)
    await trust(await pebble.root(), home)
    const browser = await launchWith(home)
    undo.push(() => browser.close())

    const answers = {
      domain: access,
      'acme-mail': 'it@first-day.test',
      issuer: provider.issuer,
      'client-secret-file': '/srv/client.secret',
      'app-to': app.origin,
      'allow-group': 'staff',
    }
    // For what a test alone has: an authority of its own, and an application whose address says nothing about its name.
    const more = { 'acme-directory': pebble.directory, 'acme-ca': '/srv/pebble.pem', 'app-name': 'Wiki' }
    const words = Object.entries({ ...answers, ...more }).flatMap(([name, value]) => [`--${name}`, value])
    const typed: string[] = []
    const type = (command: readonly string[]): Promise<string> => {
      typed.push(command.slice(0, 2).join(' '))
      return runInside(root, command)
    }

    const began = performance.now()
    await type(['apt', 'install', '--yes', '--no-install-recommends', './srv/einlass.deb'])
    const installed = performance.now()
    const said = await type(['einlass', 'init', ...words, ...(start === 'service' ? ['--service'] : [])])
    if (!said.includes(`then open https://${wiki}`)) throw new Error(`init does not say what to open:\n${said}`)
    let gateway: GatewayInside
    if (start === 'service') {
      if (!(await calls(root)).includes('systemctl enable --now einlass')) throw new Error(`not started:\n${said}`)
      gateway = await whenOpen(await startUnit(root))
      undo.push(() => gateway.stop())
      await type(['einlass', 'check', '--online', '--config', configuration])
    } else {
      await type(['einlass', 'check', '--online', '--config', configuration])
      typed.push('einlass serve')
      gateway = await whenOpen(startInside(root, ['einlass', 'serve', '--config', configuration]))
      undo.push(() => gateway.stop())
    }
    await openSignedIn(browser, `https://${wiki}`, person).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${gateway.output()}`)
    })
    const ended = performance.now()
    if (!app.reached.some(({ headers }) => headers.includes(person.email))) {
      throw new Error('the application was not told who signed in')
    }
    await refusedUnlessTrusted(`https://${wiki}`, join(context.work, 'home-empty'))
    await runInside(root, ['einlass', 'status', '--config', configuration])
    const code = await gateway.stop()
    if (code !== 0) throw new Error(`the gateway ended with ${code}:\n${gateway.output()}`)

    const seconds = (from: number, to: number): string => ((to - from) / 1000).toFixed(0)
    return [
      `${typed.length} commands, ${Object.keys(answers).length} answers, ${seconds(began, ended)} s from apt install to the page of the application, certificate valid`,
      `(${seconds(began, installed)} s of it apt; commands: ${typed.join(', ')}; answers: ${Object.keys(answers).join(', ')};`,
      `for this authority and name alone: ${Object.keys(more).join(', ')}; Chromium without the root of the authority refuses)`,
    ].join('\n      ')
  } finally {
    for (const step of undo.toReversed()) await step()
  }
}

/** A provider where an administrator has registered the addresses that `einlass init` shows. */
async function registered(): Promise<DemoProvider> {
  const provider = await startProvider({
    port: 0,
    people: [{ ...person, password: 'sonne', secondFactor: 'none' }],
    clients: [],
  })
  const { redirect, signedOut, backchannel } = registeredAddresses(`https://${access}`)
  await provider.register({
    clientId: 'einlass',
    clientSecret: secret,
    redirectUris: [redirect],
    postLogoutRedirectUris: [signedOut],
    backchannelLogoutUri: backchannel,
  })
  return provider
}

/** The command of the unit as its user, with the one capability and the folder in /run that systemd would give it. */
async function startUnit(root: string) {
  const { node, flags, args } = serviceCommand(
    await runInside(root, ['cat', '/usr/lib/systemd/system/einlass.service']),
  )
  const { uid, gid } = statSync(join(root, 'var/lib/einlass'))
  await runInside(root, ['install', '-d', '-o', String(uid), '-g', String(gid), '-m', '0750', '/run/einlass'])
  const capability = ['--inh-caps=-all,+net_bind_service', '--ambient-caps=-all,+net_bind_service', '--no-new-privs']
  const as = ['setpriv', '--reuid', 'einlass', '--regid', 'einlass', '--init-groups', ...capability]
  return startInside(root, [...as, node, ...flags, bundlePath, ...args])
}
