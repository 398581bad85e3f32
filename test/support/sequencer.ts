// The order of the test files: those that take longest begin, so that none of them is left to run alone at the end.

import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Milliseconds a file of these rooms takes, as a rule; what an earlier run measured is known better. */
const expected: Readonly<Record<string, number>> = {
  browser: 30_000,
  scenarios: 15_000,
  server: 15_000,
}
const ordinary = 3_000

export class TestSequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const measured = (file: TestSpecification) => this.ctx.cache.getTestSpecificationResult(file)?.duration
    const room = (file: TestSpecification) => /\/test\/(\w+)\//.exec(file.moduleId)?.[1] ?? ''
    const lengths = new Map(files.map((file) => [file, measured(file) ?? expected[room(file)] ?? ordinary]))
    // Those that share what they load do so only while nothing comes between them: together, and last, being short.
    const shares = (file: TestSpecification) => Number(!file.project.config.isolate)
    return files.toSorted((one, other) => shares(one) - shares(other) || lengths.get(other)! - lengths.get(one)!)
  }
}
