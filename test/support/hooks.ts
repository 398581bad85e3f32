// Hooks many test files share: what a test opened is undone after it, and a certificate serves all tests of a file.

import { afterAll, afterEach, beforeAll } from 'vitest'
import { certificateFolder, type CertificateFolder, type TestCertificate } from './certificates.ts'

/** Steps a test adds; done after it, the last first. Called at the top of a test file. */
export function undoneAfterEach(): (() => unknown)[] {
  const undo: (() => unknown)[] = []
  afterEach(async () => {
    for (const step of undo.splice(0).toReversed()) await step()
  })
  return undo
}

export interface WikiCertificate {
  /** For further certificates. */
  readonly certificates: CertificateFolder
  /** Of `wiki.test` and `localhost`; filled before the first test. */
  readonly wiki: TestCertificate
}

/** Called at the top of a test file; the folder is removed after its last test. */
export function wikiCertificate(): WikiCertificate {
  const certificates = certificateFolder()
  const wiki = {} as TestCertificate
  beforeAll(() => void Object.assign(wiki, certificates.make(['wiki.test', 'localhost'])))
  afterAll(() => certificates.remove())
  return { certificates, wiki }
}
