// The sentence of an app, else of the organisation, else of Einlass, at each moment people learn from.

import type { ReasonCode } from '../../policy/reasons.ts'
import type { Face } from './face.ts'
import { html, type Html } from './html.ts'
import { texts, type Language } from './language.ts'
import type { Sentences } from './sentences.ts'

/** Beside the reasons of a denial. The first source that has one: app, organisation; by code before `otherwise`. */
export function denialSentence(
  face: Face,
  app: string | undefined,
  code: ReasonCode | undefined,
  language: Language,
): Html | undefined {
  const sources = sourcesOf(face, app)
  const found =
    sources.map(({ denied }) => code && denied.get(code)).find((one) => one !== undefined) ??
    sources.map(({ otherwise }) => otherwise).find((one) => one !== undefined)
  return found?.[language] ?? (code && defaults[language].denied[code]?.(face.name))
}

export function sentence(
  face: Face,
  app: string | undefined,
  moment: 'request' | 'emergency' | 'external',
  language: Language,
): Html | undefined {
  const found = sourcesOf(face, app)
    .map((one) => one[moment])
    .find((one) => one !== undefined)
  return found?.[language] ?? defaults[language][moment](face.name)
}

/** On the sign-in page: how to tell it from an imitation. `origin`: of the gateway. */
export function aboutSignIn(origin: string, language: Language): Html {
  return defaults[language].signIn(origin)
}

function sourcesOf(face: Face, app: string | undefined): readonly Sentences[] {
  const own = app === undefined ? undefined : face.sentencesOfApps.get(app)
  return own ? [own, face.sentences] : [face.sentences]
}

interface Defaults {
  signIn: (origin: string) => Html
  /** `name`: of the organisation. */
  denied: Partial<Record<ReasonCode, (name: string) => Html>>
  request: (name: string) => Html | undefined
  emergency: (name: string) => Html | undefined
  external: (name: string) => Html | undefined
}

const defaults = texts<Defaults>({
  en: {
    signIn: (origin) =>
      html`<p>
        You are in the right place if the address bar shows <strong>${origin}</strong>. We never ask for your password
        by mail or telephone.
      </p>`,
    denied: {
      origin_not_allowed: () =>
        html`<p>
          If you did not expect this, close the page you came from. A page of strangers may have tried to act in your
          name.
        </p>`,
      download_limit: () =>
        html`<p>
          The limit protects what is stored here. If you need more for your work, ask the owner rather than splitting
          the download.
        </p>`,
      quarantined: () =>
        html`<p>This is a precaution, not an accusation. Whoever looks after security can lift it.</p>`,
    },
    request: () =>
      html`<p>
        Approvers read what you write, and it is kept. Say what you need it for; never write a password here.
      </p>`,
    emergency: () => undefined,
    external: (name) =>
      html`<p>
        You are a guest of ${name}: what you may use is listed below, each for a limited time. Nobody from ${name} asks
        for your password, by mail, by telephone or in a chat. If somebody does, tell the person who invited you.
      </p>`,
  },
  de: {
    signIn: (origin) =>
      html`<p>
        Sie sind hier richtig, wenn in der Adresszeile <strong>${origin}</strong> steht. Wir fragen nie per E-Mail oder
        Telefon nach Ihrem Passwort.
      </p>`,
    denied: {
      origin_not_allowed: () =>
        html`<p>
          Kam das unerwartet, schließen Sie die Seite, von der Sie kamen. Eine fremde Seite hat vielleicht versucht, in
          Ihrem Namen zu handeln.
        </p>`,
      download_limit: () =>
        html`<p>
          Die Grenze schützt, was hier gespeichert ist. Brauchen Sie für Ihre Arbeit mehr, fragen Sie die
          Verantwortlichen, statt den Abruf aufzuteilen.
        </p>`,
      quarantined: () =>
        html`<p>
          Das ist eine Vorsichtsmaßnahme und kein Vorwurf. Die für Sicherheit Zuständigen können sie aufheben.
        </p>`,
    },
    request: () =>
      html`<p>
        Was Sie schreiben, lesen die Genehmigenden, und es wird aufbewahrt. Nennen Sie den Zweck, aber nie ein Passwort.
      </p>`,
    emergency: () => undefined,
    external: (name) =>
      html`<p>
        Sie sind Gast von ${name}: Unten steht, was Sie nutzen dürfen, jeweils auf Zeit. Niemand von ${name} fragt Sie
        nach Ihrem Passwort, weder per E-Mail noch am Telefon oder im Chat. Tut es jemand, sagen Sie es der Person, die
        Sie eingeladen hat.
      </p>`,
  },
})
