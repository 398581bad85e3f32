// docker-registry: an image of one layer is uploaded in pieces and read back.

import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePorts } from '../../../src/demo/listen.ts'
import { must, skipped, type Application, type Show } from '../application.ts'
import { ask } from '../fetch.ts'
import { answers, debianVersion, serve } from '../programs.ts'

export const dockerRegistry: Application = {
  name: 'registry',
  title: 'docker-registry',
  recipe: 'package-registries.md',
  needs: ['docker-registry', 'curl'],
  async start(_host, folder) {
    const [port] = (await freePorts(1)) as [number]
    const file = join(folder, 'registry.yml')
    const configuration = {
      version: '0.1',
      log: { level: 'warn' },
      storage: { filesystem: { rootdirectory: join(folder, 'images') } },
      http: { addr: `127.0.0.1:${port}` },
    }
    await writeFile(file, JSON.stringify(configuration))
    const origin = `http://127.0.0.1:${port}`
    const server = await serve('docker-registry', ['serve', file], {}, answers(`${origin}/v2/`))
    const why = 'waits for access tokens for programs: docker sends no cookie'
    return {
      origin,
      version: await debianVersion('docker-registry'),
      shows: [uploads, skipped('docker login, push, pull', why)],
      stop: () => server.stop(),
    }
  },
}

const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`

const uploads: Show = {
  client: 'curl (the protocol of docker push)',
  remark: 'The session’s cookie',
  async run(ground) {
    const [pushes, pulls] = ground.people
    const base = await ask(ground, pushes, '/v2/')
    must(base.status === 200, '200 for /v2/', base.status)
    /** Uploads in two pieces; every `Location` must lead back through the gateway. */
    const upload = async (content: string): Promise<void> => {
      const half = content.length >> 1
      let place = await ask(ground, pushes, '/v2/tools/hammer/blobs/uploads/', { words: ['-X', 'POST'] })
      for (const piece of [content.slice(0, half), content.slice(half)]) {
        must(place.headers['location']?.startsWith(ground.origin) === true, 'a public Location', JSON.stringify(place))
        const words = ['-X', 'PATCH', '-H', 'Content-Type: application/octet-stream', '--data-binary', '@-']
        place = await ask(ground, pushes, place.headers['location'], { words, input: piece })
        must(place.status === 202, '202 for a piece', place.status)
      }
      const finish = `${place.headers['location']}&digest=${digestOf(content)}`
      const done = await ask(ground, pushes, finish, { words: ['-X', 'PUT', '-H', 'Content-Length: 0'] })
      must(done.status === 201, '201 for the blob', `${done.status} ${done.body}`)
    }
    const layer = 'layer '.repeat(200_000)
    const config = JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } })
    for (const one of [layer, config]) await upload(one)
    const type = 'application/vnd.oci.image.manifest.v1+json'
    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: type,
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(config), size: config.length },
      layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: digestOf(layer), size: layer.length }],
    })
    const put = ['-X', 'PUT', '-H', `Content-Type: ${type}`, '--data-binary', '@-']
    const tagged = await ask(ground, pushes, '/v2/tools/hammer/manifests/1.0', { words: put, input: manifest })
    must(tagged.status === 201, '201 for the manifest', `${tagged.status} ${tagged.body}`)
    const read = await ask(ground, pulls, '/v2/tools/hammer/manifests/1.0', { words: ['-H', `Accept: ${type}`] })
    must(read.body === manifest, 'the manifest', read.body)
    const blob = await ask(ground, pulls, `/v2/tools/hammer/blobs/${digestOf(layer)}`)
    must(blob.body === layer, 'the layer', `${blob.status}, ${blob.body.length} bytes`)
    return 'GET /v2/, layer of 1.2 MB uploaded in pieces by the Location given, manifest tagged, both read back'
  },
}
