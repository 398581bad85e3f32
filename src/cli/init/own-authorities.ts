// Certificates of authorities in the folder of the service: it reads no file elsewhere, so those given are copied there.

import { readFile } from 'node:fs/promises'
import { isAbsolute, relative, resolve } from 'node:path'
import type { Answers } from './configuration-text.ts'
import type { FileToWrite } from './write-files.ts'

/** Names of the copies. */
export const authorityFiles = { acme: 'acme-ca.pem', provider: 'provider-ca.pem' } as const

export interface OwnAuthorities {
  /** They name the copies, relative to the folder. */
  readonly answers: Answers
  readonly files: readonly FileToWrite[]
}

/** A file in `directory` stays where it is; one that cannot be read as well, for the configuration to be refused with its path. */
export async function ownAuthorities(answers: Answers, directory: string): Promise<OwnAuthorities> {
  const files: FileToWrite[] = []
  const own = async (given: string | undefined, name: string): Promise<string | undefined> => {
    if (given === undefined || !isOutside(given, directory)) return given
    const content = await readFile(given, 'utf8').catch(() => undefined)
    if (content === undefined) return given
    files.push({ name, content, mode: 0o640 })
    return name
  }
  const { certificate, identity } = answers
  const providerCa = await own(identity.ca, authorityFiles.provider)
  const authority = certificate.kind === 'acme' ? certificate.authority : undefined
  const acmeCa = await own(authority?.ca, authorityFiles.acme)
  return {
    files,
    answers: {
      ...answers,
      identity: { ...identity, ...(providerCa !== undefined && { ca: providerCa }) },
      certificate:
        certificate.kind === 'acme' && authority !== undefined
          ? { ...certificate, authority: { ...authority, ca: acmeCa } }
          : certificate,
    },
  }
}

/** Certificate and key that are not in `directory`. They are renewed where they are, so a copy would become void. */
export function pairOutside({ certificate }: Pick<Answers, 'certificate'>, directory: string): readonly string[] {
  if (certificate.kind !== 'files') return []
  return [certificate.cert, certificate.key].filter((file) => isOutside(file, directory))
}

function isOutside(file: string, directory: string): boolean {
  const below = relative(directory, resolve(directory, file))
  return isAbsolute(below) || below.split('/')[0] === '..'
}
