// A bare Debian 12 in a folder, and commands in a copy of it by chroot, in namespaces of their own.

import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** `debootstrap --variant=minbase`, with the mirror and the proxies of this machine; kept when it is there. */
export async function makeBase(folder: string): Promise<void> {
  if (existsSync(join(folder, 'usr/bin/apt-get'))) return
  await mkdir(folder, { recursive: true })
  const mirror = output('apt-get', ['indextargets', '--format', '$(RELEASE) $(REPO_URI)', 'Created-By: Packages'])
    .split('\n')
    .find((line) => line.startsWith('bookworm '))
  const address = mirror === undefined ? [] : [mirror.split(' ')[1]!]
  execFileSync('debootstrap', ['--variant=minbase', 'bookworm', folder, ...address], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const settings = output('apt-config', ['dump'])
    .split('\n')
    .filter((line) => /^Acquire::(?:https?::Proxy|Check-)/.test(line))
  await writeFile(join(folder, 'etc/apt/apt.conf.d/99host'), `${settings.join('\n')}\n`)
  for (const file of ['resolv.conf', 'hosts']) await copyFile(`/etc/${file}`, join(folder, 'etc', file))
  await runInside(folder, ['apt-get', 'update', '-qq'])
}

export interface InsideOptions {
  readonly readOnly?: boolean
  /** Folders of this machine, by their place inside, which exists. */
  readonly binds?: Readonly<Record<string, string>>
  /** User and group number. Default: root. */
  readonly user?: number
}

/** Mounts what programs expect; everything goes away with the first process. Arguments: root, user, `ro` or `rw`, binds, `--`, command. */
const enter = `
  root=$1 user=$2 mode=$3
  shift 3
  mount --bind "$root" "$root"
  while [ "$1" != -- ]; do
    mount --bind "$1" "$root$2"
    shift 2
  done
  shift
  mount -t proc proc "$root/proc"
  mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
  [ "$mode" = rw ] || mount -o remount,bind,ro "$root"
  exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp DEBIAN_FRONTEND=noninteractive \\
    chroot --userspec="$user:$user" "$root" "$@"`

/** Starts a command in `root`. Its process is the first of a PID namespace: killing it ends all. */
export function startInside(root: string, command: readonly string[], options: InsideOptions = {}): ChildProcess {
  const { readOnly = false, binds = {}, user = 0 } = options
  const mounts = Object.entries(binds).flatMap(([inside, folder]) => [folder, inside])
  const spaces = ['--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private']
  const args = [root, String(user), readOnly ? 'ro' : 'rw', ...mounts, '--', ...command]
  return spawn('unshare', [...spaces, 'bash', '-euc', enter, 'inside', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Resolves with the output of the command; rejects with it when the command fails. */
export function runInside(root: string, command: readonly string[], options: InsideOptions = {}): Promise<string> {
  const child = startInside(root, command, options)
  let text = ''
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk: Buffer) => (text += chunk))
  return new Promise((done, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) done(text)
      else reject(new Error(`${command.join(' ')} ended with ${code}:\n${text}`))
    })
  })
}

function output(command: string, args: readonly string[]): string {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
}
