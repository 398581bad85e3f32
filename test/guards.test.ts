// Compiler guards: each omission is planted into a copy of src/, and the type check must report the right file.

import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
let copy: string
/** State of the incremental type check, in `copy`. */
const checked = 'checked.tsbuildinfo'

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'einlass-guards-'))
  cpSync(join(root, 'src'), join(copy, 'src'), { recursive: true })
  for (const file of ['package.json', 'tsconfig.json']) cpSync(join(root, file), join(copy, file))
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
})
afterAll(() => rmSync(copy, { recursive: true, force: true }))

interface Plant {
  readonly omission: string
  /** File below src/, a text in it, and its replacement that plants the omission. */
  readonly edits: readonly (readonly [file: string, text: string, planted: string])[]
  /** Files in which the type check must find an error. */
  readonly found: readonly string[]
}

const plants: readonly Plant[] = [
  {
    omission: 'a condition that is in the schema and nowhere else',
    edits: [
      [
        'config/schema/conditions.ts',
        'device: name.optional()',
        'weekday: name.optional(),\n    device: name.optional()',
      ],
    ],
    found: ['config/build/conditions.ts'],
  },
  {
    omission: 'a condition that is in policy and nowhere else',
    edits: [
      ['policy/declaration.ts', 'readonly device?: string', 'readonly weekday?: string\n  readonly device?: string'],
    ],
    found: ['policy/conditions.ts', 'config/diff/print-conditions.ts', 'grants/reviews/assumptions.ts'],
  },
  {
    omission: 'a condition that is parsed but dropped',
    edits: [['config/build/conditions.ts', 'device: (device) => ({ device }),', 'device: () => ({}),']],
    found: ['config/build/conditions.ts'],
  },
  {
    omission: 'a fact that the decision cache does not compare and the audit does not record',
    edits: [
      ['policy/access-request.ts', 'readonly device: Device', 'readonly weekday: string\n  readonly device: Device'],
    ],
    found: [
      'gateway/decision-cache.ts',
      'audit/decision-input.ts',
      'audit/ocsf/access-cache.ts',
      'gateway/access-context.ts',
    ],
  },
  {
    omission: 'a header preset in schema and type only',
    edits: [
      ['config/schema/app-headers.ts', "'cloudflare', 'iap'", "'cloudflare', 'teleport', 'iap'"],
      ['config/forwarding-settings.ts', "'cloudflare' | 'iap'", "'cloudflare' | 'teleport' | 'iap'"],
    ],
    found: ['proxy/identity/header-presets.ts'],
  },
  {
    omission: 'a header preset in the schema only',
    edits: [['config/schema/app-headers.ts', "'cloudflare', 'iap'", "'cloudflare', 'teleport', 'iap'"]],
    found: ['config/build/app-headers.ts'],
  },
  {
    omission: 'a store kind that nothing opens',
    edits: [
      [
        'config/configuration.ts',
        "{ readonly kind: 'memory' }",
        "{ readonly kind: 'memory' }\n    | { readonly kind: 'postgres' }",
      ],
    ],
    found: ['server/compose.ts'],
  },
  {
    omission: 'an audit event without a line of OCSF',
    edits: [
      [
        'audit/event.ts',
        "readonly kind: 'finding'",
        "readonly kind: 'tunnel'\n      readonly at: number\n    }\n  | {\n      readonly kind: 'finding'",
      ],
    ],
    found: ['audit/ocsf/ocsf.ts'],
  },
  {
    omission: 'an audit sink that nothing opens',
    edits: [
      [
        'config/audit-settings.ts',
        'export type SinkSettings = ',
        "export type SinkSettings = { readonly kind: 'syslog'; readonly name: string; readonly events: readonly EventSelector[]; readonly ca: undefined } | ",
      ],
    ],
    found: ['audit/open.ts'],
  },
  {
    omission: 'a reason code without texts, status and OCSF mapping',
    edits: [['policy/reason-codes.ts', "'throttled',", "'throttled',\n  'weekday',"]],
    found: ['policy/reasons.ts', 'policy/messages/de.ts', 'policy/messages/en.ts'],
  },
  {
    omission: 'a remedy without a button and an explanation',
    edits: [
      [
        'policy/decision.ts',
        "{ readonly kind: 'ask_owner' }",
        "{ readonly kind: 'ask_owner' }\n  | { readonly kind: 'call_support' }",
      ],
    ],
    found: ['web/errors/denied-page.ts', 'cli/explain-output.ts'],
  },
]

test('the copy without an omission compiles', { timeout: 120_000 }, () => {
  expect(typeCheck()).toBe('')
  copyFileSync(join(copy, checked), join(copy, `${checked}.whole`))
})

test.each(plants)('$omission does not compile', { timeout: 120_000 }, ({ edits, found }) => {
  const originals = edits.map(([file, text, planted]) => {
    const path = join(copy, 'src', file)
    const original = readFileSync(path, 'utf8')
    expect(original, `${file} contains the text to replace`).toContain(text)
    writeFileSync(path, original.replace(text, planted))
    return [path, original] as const
  })
  try {
    const output = typeCheck()
    for (const file of found) expect(output).toMatch(new RegExp(`^src/${file}\\(\\d+,\\d+\\): error`, 'm'))
  } finally {
    for (const [path, original] of originals) writeFileSync(path, original)
  }
})

/**
 * Runs tsc as `npm run check` does, on the copy of src/ only; what it knows of the copy without an omission spares it the
 * files that the omission does not concern.
 */
function typeCheck(): string {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const whole = join(copy, `${checked}.whole`)
  if (existsSync(whole)) copyFileSync(whole, join(copy, checked))
  const incremental = ['--incremental', '--tsBuildInfoFile', checked]
  const { stdout, stderr } = spawnSync(process.execPath, [tsc, ...incremental], { cwd: copy, encoding: 'utf8' })
  return stdout + stderr
}
