// `npm run bench -- --flame NAME`: CPU profile of the request path, as a flame graph and a table.

import { drawFlamegraph } from './flamegraph.ts'
import type { Environment } from './environment.ts'
import { startSeededGateway } from './seeded-gateway.ts'
import { openInspector } from './inspector.ts'
import { measure, type Load } from './load.ts'
import { sharesOf, treeOf } from './profile.ts'
import { table } from './report.ts'

/** Flame graph as SVG, and its table. */
export async function flame(
  ground: Environment,
  name: string,
  seconds: number,
): Promise<{ readonly picture: string; readonly text: string }> {
  const ours = ground.keep(await startSeededGateway(ground, {}))
  const load: Load = { wire: 'http1', path: '/1000', connections: 32, seconds: 3 }
  await measure(ground, ours, load)
  const inspector = await openInspector(ours)
  try {
    const profile = await inspector.profile(() => measure(ground, ours, { ...load, seconds }))
    const tree = treeOf(profile)
    const title = `One request of 1 kB through Einlass with everything on, ${name}: where the CPU time goes`
    const text = table([
      ['where', '% of the time', 'most of it in'],
      ...sharesOf(tree)
        .filter(({ share }) => share >= 0.005)
        .map(({ room, share, most }) => [
          room,
          (share * 100).toFixed(1),
          most.map((one) => `\`${one.name}\` ${(one.share * 100).toFixed(1)}`).join(', '),
        ]),
    ])
    const shown = `![Flame graph of the path, ${name}](../pictures/performance-flame-${name}.svg)`
    return { picture: drawFlamegraph(tree, title), text: `${shown}\n\n${text}` }
  } finally {
    inspector.close()
  }
}
