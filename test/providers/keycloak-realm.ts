// Sets up a Keycloak realm by the commands of docs/tutorials/keycloak.md, and creates users to sign in with.

import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import type { KeycloakAdmin } from './keycloak-admin.ts'
import { groupsOf } from './provider-case.ts'

export const realm = 'staff'
export const password = 'correct horse'
/** Key of the one-time passwords, as the bytes of this text. */
export const otpKey = 'twelve-twelve-twelve'

/**
 * Runs shell commands of the page with `kcadm.sh` on the path. Returns their output. Rejects when one of them fails. `folder`:
 * temporary, for the credentials that `kcadm.sh` keeps.
 */
export function runCommands(commands: string, home: string, folder: string): Promise<string> {
  const child = spawn('bash', ['-e', '-u', '-o', 'pipefail', '-c', commands], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      PATH: `${join(home, 'bin')}${delimiter}${process.env['PATH']}`,
      KC_CLI_PASSWORD: password,
      KC_OPTS: `-Duser.home=${folder} -XX:TieredStopAtLevel=1 -XX:+UseSerialGC`,
    },
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) =>
      code === 0 ? resolve(stdout) : reject(new Error(`the commands of the page ended with ${code}:\n${stderr}`)),
    )
  })
}

/** Returns the ids of the users and groups by name. */
export async function createUsers(admin: KeycloakAdmin): Promise<Map<string, string>> {
  const ids = new Map<string, string>()
  for (const name of ['staff', 'hr']) {
    await admin.call('POST', `/${realm}/groups`, { name })
  }
  for (const { id, name } of await admin.call<{ id: string; name: string }[]>('GET', `/${realm}/groups`))
    ids.set(name, id)
  for (const [username, groups] of Object.entries(groupsOf)) {
    await admin.call('POST', `/${realm}/users`, {
      username,
      email: `${username}@example.com`,
      emailVerified: true,
      firstName: username,
      lastName: 'Example',
      enabled: true,
      groups: groups.map((group) => `/${group}`),
      credentials: [{ type: 'password', value: password, temporary: false }, ...(username === 'anna' ? [otp] : [])],
    })
    const [found] = await admin.call<{ id: string }[]>('GET', `/${realm}/users?exact=true&username=${username}`)
    ids.set(username, found!.id)
  }
  return ids
}

const otp = {
  type: 'otp',
  secretData: JSON.stringify({ value: otpKey }),
  credentialData: JSON.stringify({ subType: 'totp', digits: 6, counter: 0, period: 30, algorithm: 'HmacSHA1' }),
}
