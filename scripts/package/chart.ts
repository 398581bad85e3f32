// The Helm chart as one file, as `helm package` would write it, with the version of the program.

import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from './bundle.ts'
import { manifest } from './npm.ts'
import { sameTar, sourceDate } from './source-date.ts'

/** Writes `einlass-chart-VERSION.tgz` into `out`; returns its path. */
export function packChart(out: string): string {
  const file = join(out, `einlass-chart-${manifest.version}.tgz`)
  const options = [
    '--use-compress-program=gzip -n9',
    ...sameTar(sourceDate()),
    '--owner=0',
    '--group=0',
    '--mode=u=rwX,go=rX',
  ]
  execFileSync('tar', ['--create', `--file=${file}`, ...options, '-C', join(root, 'deploy/kubernetes'), 'einlass'])
  return file
}
