// Orders test files longest first (vitest sequencer), so that no long one runs alone at the end.

import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Default milliseconds of a file by folder; the measured duration of an earlier run takes precedence. */
const expected: Readonly<Record<string, number>> = {
  browser: 30_000,
  scenarios: 15_000,
  server: 15_000,
}
const ordinary = 3_000

export class TestSequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const measured = (file: TestSpecification) => this.ctx.cache.getTestSpecificationResult(file)?.duration
    const folder = (file: TestSpecification) => /\/test\/(\w+)\//.exec(file.moduleId)?.[1] ?? ''
    const lengths = new Map(files.map((file) => [file, measured(file) ?? expected[folder(file)] ?? ordinary]))
    // Files without isolation share loaded modules only when they run consecutively: together and last, since they are short.
    const shares = (file: TestSpecification) => Number(!file.project.config.isolate)
    return files.toSorted((one, other) => shares(one) - shares(other) || lengths.get(other)! - lengths.get(one)!)
  }
}
