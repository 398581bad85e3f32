// Small SAML identity provider: its page posts a signed assertion about one person from an origin of its own.

import { randomUUID } from 'node:crypto'
import { inflateRawSync } from 'node:zlib'
import { startStaticServer, type Handle, type StaticServer } from './static-server.ts'

export type SignedXmlClass = new (options: object) => {
  addReference(reference: object): void
  computeSignature(xml: string, options: object): void
  getSignedXml(): string
}

const dsig = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'
const c14n = 'http://www.w3.org/2001/10/xml-exc-c14n#'

export function startSamlProvider(SignedXml: SignedXmlClass, privateKey: string): Promise<StaticServer> {
  const sso: Handle = (request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://any')
    const asked = inflateRawSync(Buffer.from(searchParams.get('SAMLRequest') ?? '', 'base64')).toString()
    const id = /\bID="([^"]+)"/.exec(asked)?.[1] ?? ''
    const acs = /AssertionConsumerServiceURL="([^"]+)"/.exec(asked)?.[1] ?? ''
    const fields = {
      SAMLResponse: Buffer.from(signed(SignedXml, privateKey, assertion(id, acs))).toString('base64'),
      RelayState: searchParams.get('RelayState') ?? '',
    }
    const inputs = Object.entries(fields).map(
      ([name, value]) => `<input type="hidden" name="${name}" value="${value}">`,
    )
    response
      .writeHead(200, { 'content-type': 'text/html' })
      .end(
        `<!doctype html><title>Sign in</title><form method="post" action="${acs}">${inputs.join('')}<button>Continue</button></form>`,
      )
  }
  return startStaticServer({ '/sso': sso })
}

function assertion(request: string, acs: string): string {
  const at = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString()
  const confirmation = `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData InResponseTo="${request}" NotOnOrAfter="${at(5)}" Recipient="${acs}"/></saml:SubjectConfirmation>`
  const subject = `<saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified">erika</saml:NameID>${confirmation}</saml:Subject>`
  const conditions = `<saml:Conditions NotBefore="${at(-5)}" NotOnOrAfter="${at(5)}"><saml:AudienceRestriction><saml:Audience>handbook</saml:Audience></saml:AudienceRestriction></saml:Conditions>`
  const statement = `<saml:AuthnStatement AuthnInstant="${at(0)}"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>`
  const names = 'xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"'
  const about = `Version="2.0" IssueInstant="${at(0)}"`
  const issuer = '<saml:Issuer>idp</saml:Issuer>'
  const status = '<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>'
  const stated = `<saml:Assertion ID="_${randomUUID()}" ${about}>${issuer}${subject}${conditions}${statement}</saml:Assertion>`
  return `<samlp:Response ${names} ID="_${randomUUID()}" ${about} Destination="${acs}" InResponseTo="${request}">${issuer}${status}${stated}</samlp:Response>`
}

function signed(SignedXml: SignedXmlClass, privateKey: string, xml: string): string {
  const found = "//*[local-name(.)='Assertion']"
  const signer = new SignedXml({ privateKey, signatureAlgorithm: dsig, canonicalizationAlgorithm: c14n })
  signer.addReference({
    xpath: found,
    digestAlgorithm: 'http://www.w3.org/2001/04/xmlenc#sha256',
    transforms: ['http://www.w3.org/2000/09/xmldsig#enveloped-signature', c14n],
  })
  signer.computeSignature(xml, { location: { reference: `${found}/*[local-name(.)='Issuer']`, action: 'after' } })
  return signer.getSignedXml()
}
