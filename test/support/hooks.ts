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
  /** For further certificates, from the first test on. */
  readonly certificates: CertificateFolder
  /** Of `wiki.test` and `localhost`; filled before the first test. */
  readonly wiki: TestCertificate
}

/** Called at the top of a test file. The folder exists while its tests run; where none is selected, there is none. */
export function wikiCertificate(): WikiCertificate {
  const certificates = {} as CertificateFolder
  const wiki = {} as TestCertificate
  beforeAll(() => {
    Object.assign(certificates, certificateFolder())
    Object.assign(wiki, certificates.make(['wiki.test', 'localhost']))
  })
  afterAll(() => certificates.remove())
  return { certificates, wiki }
}
