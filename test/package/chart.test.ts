// The Helm chart by our own means: values and schema agree, templates name existing values, and its configuration is valid.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { z } from 'zod'
import { root } from '../../scripts/package/bundle.ts'
import { manifest } from '../../scripts/package/npm.ts'
import { serviceCommand } from '../../scripts/package/service-command.ts'
import { loadConfiguration } from '../../src/config/load/load.ts'
import { folder } from '../config/config-fixtures.ts'
import { certificateFolder } from '../support/certificates.ts'

type Mapping = { readonly [key: string]: unknown }

const chart = join(root, 'deploy/kubernetes/einlass')
const read = (file: string): string => readFileSync(join(chart, file), 'utf8')
const values = parse(read('values.yaml')) as Mapping & { readonly configuration: Mapping }
const schema = JSON.parse(read('values.schema.json')) as { readonly properties: Mapping }
const templates = readdirSync(join(chart, 'templates')).map((file) => [file, read(`templates/${file}`)] as const)

describe('values', () => {
  const accepts = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0])

  test('those of the chart satisfy its schema', () => {
    expect(accepts.safeParse(values).error?.issues ?? []).toEqual([])
  })

  test.each([
    ['an unknown key', { replica: 3 }],
    ['a secret in the text', { configuration: { ...values.configuration, identity: { client_secret: 'plain' } } }],
    [
      'an application without labels, which would be all pods',
      { protectedApps: [{ name: 'a', namespace: 'a', podLabels: {}, port: 1 }] },
    ],
    ['no time to drain', { gracePeriodSeconds: 5 }],
  ])('the schema refuses %s', (_, change) => {
    expect(accepts.safeParse({ ...values, ...change }).success).toBe(false)
  })

  test('the schema has a row for each of them', () => {
    expect(Object.keys(values).filter((key) => !Object.hasOwn(schema.properties, key))).toEqual([])
  })
})

test('the version is that of the program', () => {
  expect(parse(read('Chart.yaml'))).toMatchObject({ version: manifest.version, appVersion: manifest.version })
})

test.each(templates)('%s names only values that exist, and closes what it opens', (_, text) => {
  const paths = [...text.matchAll(/\.Values\.([\w.]+)/g)].map(([, path]) => path!.split('.'))
  const absent = paths.filter(
    (path) => path.reduce<unknown>((at, key) => (at as Mapping | undefined)?.[key], values) === undefined,
  )
  expect(absent).toEqual([])
  const opened = text.match(/\{\{-? *(?:if|with|range|define)\b/g) ?? []
  expect(text.match(/\{\{-? *end\b/g) ?? []).toHaveLength(opened.length)
})

test('the configuration is valid, and writes only where the pod has a volume', async () => {
  const certificates = certificateFolder()
  onTestFinished(() => certificates.remove())
  const { cert, key } = certificates.make(['*.example.com'])
  const apps = {
    wiki: {
      from: 'https://wiki.example.com',
      to: 'http://wiki.wiki.svc:3000',
      policy: [{ allow: { groups: ['staff'] } }],
    },
  }
  const place = await folder({
    'einlass.yaml': stringify({ ...values.configuration, apps }),
    'tls.crt': readFileSync(cert, 'utf8'),
    'tls.key': readFileSync(key, 'utf8'),
    'secret.key': Buffer.alloc(32, 'a').toString('base64'),
    'client.secret': 'a client secret of this test',
  })
  const loaded = await loadConfiguration({
    file: join(place, 'einlass.yaml'),
    env: { REDIS_URL: 'rediss://redis:6379' },
  })
  expect(loaded).toMatchObject({ state: 'valid' })
  const written = serviceCommand().flags.flatMap((flag) => /^--allow-fs-write=(.*)$/.exec(flag)?.[1] ?? [])
  for (const path of [...written, '/etc/einlass'])
    expect(read('templates/deployment.yaml')).toContain(`mountPath: ${path}`)
})
