// Application that signs people in by SAML (node-saml): the identity provider's page, on another site, posts the assertion.

import { readFile } from 'node:fs/promises'
import { createPrivateKey, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { must, type Application, type Show } from '../application.ts'
import { inChromium } from '../chromium.ts'
import { load } from '../packages.ts'
import { succeed } from '../programs.ts'
import { startSamlProvider, type SignedXmlClass } from '../saml-provider.ts'
import { startStaticServer, type Handle } from '../static-server.ts'

interface Saml {
  getAuthorizeUrlAsync(relayState: string, host: string, options: object): Promise<string>
  validatePostResponseAsync(fields: Record<string, string>): Promise<{ profile: { nameID: string } | null }>
}

export const saml: Application = {
  name: 'saml',
  title: 'application with SAML sign-in (node-saml)',
  recipe: 'forms-of-other-sites.md',
  needs: ['openssl', 'chromium'],
  packages: { from: 'npm', names: ['@node-saml/node-saml@5.1.0'] },
  async start(_host, folder, installed) {
    const { SAML } = (await load(installed, '@node-saml/node-saml')) as { SAML: new (options: object) => Saml }
    const { SignedXml } = (await load(installed, 'xml-crypto')) as { SignedXml: SignedXmlClass }
    const [key, cert] = [join(folder, 'idp.key'), join(folder, 'idp.crt')]
    const form = ['req', '-x509', '-newkey', 'rsa:2048', '-noenc', '-days', '1', '-subj', '/CN=idp']
    await succeed('openssl', [...form, '-keyout', key, '-out', cert])
    const privateKey = createPrivateKey(await readFile(key)).export({ type: 'pkcs8', format: 'pem' }) as string
    const provider = await startSamlProvider(SignedXml, privateKey)
    const idpCert = await readFile(cert, 'utf8')
    const peers = new Map<string, Saml>()
    const peerOf = (host: string): Saml => {
      const callbackUrl = `https://${host}/saml/acs`
      const own = {
        issuer: 'handbook',
        audience: 'handbook',
        callbackUrl,
        entryPoint: `${provider.origin}/sso`,
        idpCert,
      }
      const peer =
        peers.get(host) ?? new SAML({ ...own, wantAuthnResponseSigned: false, validateInResponseTo: 'always' })
      peers.set(host, peer)
      return peer
    }
    const sessions = new Map<string, string>()
    const home: Handle = (request, response) => {
      const name = sessions.get(/handbook=(\w+)/.exec(request.headers.cookie ?? '')?.[1] ?? '')
      if (name !== undefined)
        return response.writeHead(200, { 'content-type': 'text/html' }).end(`<h1>Hello ${name}</h1>`)
      const host = request.headers.host ?? ''
      const found = peerOf(host).getAuthorizeUrlAsync('/', host, {})
      return void found.then((location) => response.writeHead(302, { location }).end())
    }
    const consume: Handle = (request, response, body) => {
      const found = peerOf(request.headers.host ?? '').validatePostResponseAsync(
        Object.fromEntries(new URLSearchParams(body)),
      )
      void found.then(
        ({ profile }) => {
          const id = randomBytes(16).toString('hex')
          sessions.set(id, profile?.nameID ?? '')
          const cookie = `handbook=${id}; Path=/; Secure; HttpOnly; SameSite=Lax`
          response.writeHead(303, { location: '/', 'set-cookie': cookie }).end()
        },
        (error: Error) => response.writeHead(400, { 'content-type': 'text/plain' }).end(error.message),
      )
    }
    const pages = await startStaticServer({
      '/about': ['text/html', '<h1>Handbook</h1>'],
      '/': home,
      '/saml/acs': consume,
    })
    return {
      origin: pages.origin,
      entry: '/about',
      settings: { cross_site_posts: ['/saml/acs'] },
      shows: [signedIn(provider.origin)],
      async stop() {
        await pages.stop()
        await provider.stop()
      },
    }
  },
}

function signedIn(provider: string): Show {
  return {
    client: 'Chromium',
    remark: '`cross_site_posts` names the path of the assertion',
    run: (ground) =>
      inChromium(
        ground,
        async (page) => {
          await page.waitForURL(`${provider}/**`)
          await page.getByRole('button', { name: 'Continue' }).click()
          await page.getByRole('heading', { name: 'Hello erika' }).waitFor()
          must(page.url() === `${ground.origin}/`, 'the application', page.url())
          return 'sent to the provider, assertion posted from there and accepted'
        },
        { leaves: true },
      ),
  }
}
