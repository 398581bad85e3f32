// `einlass status` says what is so: untried, failing with its cause, providers asked anew; problems first, exit 1.

import { expect, test } from 'vitest'
import { freePort } from '../../support/redis.ts'
import { startTestEnvironment } from '../../support/test-environment.ts'

test.each([1, 2])(
  'a dead application and a dead provider, with %i workers',
  async (workers) => {
    const closed = await freePort()
    const staff = [{ allow: { groups: ['staff'] } }]
    const stage = await startTestEnvironment({ apps: { wiki: { policy: staff }, dead: { policy: staff } } })
    try {
      await stage.configure((configuration) => {
        const apps = configuration['apps'] as Record<string, Record<string, unknown>>
        apps['dead']!['to'] = `http://127.0.0.1:${closed}`
        ;(configuration['gateway'] as Record<string, unknown>)['workers'] = workers
      })
      const node = await stage.startNode('a')
      const before = await node.cli('status')
      expect(before.code).toBe(0)
      expect(before.stdout).toMatch(/^upstream {7}wiki: \S+ untried/m)
      expect(before.stdout).toMatch(/^provider {7}company: reachable, metadata read \d{4}-/m)

      const erika = stage.person('erika')
      expect((await erika.signIn(`${stage.origin('wiki')}/`, node.port)).status).toBe(200)
      expect((await erika.signIn(`${stage.origin('dead')}/`, node.port)).status).toBe(502)
      await stage.providerWire.cut()
      await new Promise((resolve) => setTimeout(resolve, 5_500))

      const { code, stdout } = await node.cli('status')
      expect(code).toBe(1)
      const lines = stdout.split('\n')
      expect(lines.filter((line) => line.startsWith('! '))).toEqual(lines.slice(0, 2))
      expect(lines[0]).toMatch(/^! dead: http:\S+ failing since \d{4}-\S+: ECONNREFUSED: /)
      expect(lines[1]).toMatch(/^! company: the provider does not answer since \S+: no new sign-ins: \S.*To mend it: /)
      expect(stdout).toMatch(/^upstream {7}wiki: \S+ reachable since \d{4}-/m)
      expect(stdout).toMatch(/^provider {7}company: DOES NOT ANSWER, metadata read \d{4}-/m)
      const { stdout: json } = await node.cli('status', '--json')
      expect(JSON.parse(json)).toMatchObject({
        attention: lines.slice(0, 2).map((line) => expect.stringContaining(line.slice(2, 12))),
        upstreams: [
          { app: 'wiki', state: 'reachable', cause: null },
          { app: 'dead', state: 'failing', healthy: false, cause: expect.stringContaining('ECONNREFUSED') },
        ],
        providers: [{ name: 'company', reachable: false, failing: { detail: expect.any(String) } }],
      })
    } finally {
      await stage.stop()
    }
  },
  90_000,
)
