// The Helm chart by helm itself: linted, rendered, and what every object must have.

import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { root } from '../../scripts/package/bundle.ts'
import type { Case } from './case.ts'

const chart = join(root, 'deploy/kubernetes/einlass')
const app =
  'protectedApps[0].name=wiki,protectedApps[0].namespace=wiki,protectedApps[0].podLabels.app=wiki,protectedApps[0].port=3000'

interface Rendered {
  readonly kind: string
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly [{ readonly securityContext: object }] } }
  }
}

export const chartCases: readonly Case[] = [
  {
    name: 'chart: helm lint and helm template; refuses several nodes on a store they do not share',
    needs: ['helm'],
    async run() {
      execFileSync('helm', ['lint', '--strict', chart], { stdio: 'ignore' })
      const { status, stdout, stderr } = template(['--set', app])
      if (status !== 0) throw new Error(stderr)
      const objects = parseAllDocuments(stdout).map((document) => {
        if (document.errors.length > 0) throw new Error(String(document.errors[0]))
        return document.toJS() as Rendered
      })
      const kinds = objects
        .map(({ kind }) => kind)
        .toSorted()
        .join(' ')
      if (kinds !== 'ConfigMap Deployment NetworkPolicy NetworkPolicy PodDisruptionBudget Service')
        throw new Error(kinds)
      const [container] = objects.find(({ kind }) => kind === 'Deployment')!.spec.template.spec.containers
      const expected =
        '{"allowPrivilegeEscalation":false,"readOnlyRootFilesystem":true,"capabilities":{"drop":["ALL"]}}'
      if (JSON.stringify(container.securityContext) !== expected)
        throw new Error(JSON.stringify(container.securityContext))
      for (const store of ['memory', 'sqlite:/var/lib/einlass/einlass.db']) {
        if (template(['--set', `configuration.store=${store}`]).status === 0)
          throw new Error(`${store} with two nodes was accepted`)
        if (template(['--set', `configuration.store=${store},replicas=1`]).status !== 0)
          throw new Error(`${store} with one node was refused`)
      }
      return `${objects.length} objects: ${kinds}`
    },
  },
]

function template(args: readonly string[]) {
  return spawnSync('helm', ['template', 'gate', chart, '--kube-version', '1.30.0', '--namespace', 'access', ...args], {
    encoding: 'utf8',
  })
}
