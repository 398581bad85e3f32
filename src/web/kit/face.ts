// The organisation's face as pages use it: name, logo, stylesheet with its accent, support, sentences. Made at reload.

import type { App } from '../../config/configuration.ts'
import {
  productName,
  type AccentColours,
  type ImageFile,
  type OrganisationSettings,
  type Palette,
  type SupportSettings,
} from '../../config/organisation-settings.ts'
import {
  asset,
  inlineStyle,
  inlineStyleWith,
  stylesheet,
  stylesheetWith,
  type Asset,
  type InlineStyle,
} from './assets.ts'
import { noSentences, sentencesOf, type Sentences } from './sentences.ts'

export interface Face {
  readonly name: string
  /** The name is the organisation's, and not that of Einlass. */
  readonly own: boolean
  readonly logo: Asset | undefined
  readonly stylesheet: Asset
  readonly inlineStyle: InlineStyle
  readonly support: SupportSettings
  /** URL. */
  readonly imprint: string | undefined
  /** Origin of the gateway; '' for pages without one: paths of the same host. */
  readonly gateway: string
  /** Icons of apps, by the name of the app. */
  readonly icons: ReadonlyMap<string, Asset>
  /** Everything above that is loaded by its path. */
  readonly assets: ReadonlyMap<string, Asset>
  readonly sentences: Sentences
  /** By the name of the app. */
  readonly sentencesOfApps: ReadonlyMap<string, Sentences>
}

/** Without an organisation: for hosts that are not configured, whose pages name nobody. */
export const plainFace: Face = {
  name: productName,
  own: false,
  logo: undefined,
  stylesheet,
  inlineStyle,
  support: { mail: undefined, phone: undefined, url: undefined },
  imprint: undefined,
  gateway: '',
  icons: new Map(),
  assets: new Map(),
  sentences: noSentences,
  sentencesOfApps: new Map(),
}

export interface FaceSettings {
  readonly organisation: OrganisationSettings
  readonly gateway: { readonly origin: string }
  readonly apps: ReadonlyMap<string, Pick<App, 'name' | 'messages' | 'portal'>>
}

export function createFace({ organisation, gateway, apps }: FaceSettings): Face {
  const { name, accent, support, imprint } = organisation
  const logo = organisation.logo && imageAsset('logo', organisation.logo)
  const style = accent && { asset: stylesheetWith(accentRules(accent)), inline: inlineStyleWith(accentRules(accent)) }
  const icons = new Map(
    [...apps.values()].flatMap(({ name: app, portal }) =>
      portal?.icon === undefined ? [] : [[app, imageAsset('icon', portal.icon)] as const],
    ),
  )
  const loaded = [...(logo ? [logo] : []), ...(style ? [style.asset] : []), ...icons.values()]
  return {
    name,
    own: name !== plainFace.name,
    logo,
    stylesheet: style?.asset ?? stylesheet,
    inlineStyle: style?.inline ?? inlineStyle,
    support,
    imprint,
    gateway: gateway.origin,
    icons,
    assets: new Map(loaded.map((one) => [one.path, one])),
    sentences: sentencesOf(organisation.messages),
    sentencesOfApps: new Map(
      [...apps.values()].flatMap(({ name: app, messages }) =>
        messages ? [[app, sentencesOf(messages)] as const] : [],
      ),
    ),
  }
}

function imageAsset(name: string, { type, body }: ImageFile): Asset {
  return asset(type === 'image/png' ? `${name}.png` : `${name}.svg`, type, body)
}

/** Colours are `#rrggbb`, made by `config/accent.ts`: nothing of the configuration is copied into the stylesheet. */
function accentRules({ light, dark }: AccentColours): string {
  return `\n:root{${variables(light)}}\n@media (prefers-color-scheme: dark){:root{${variables(dark)}}}\n`
}

function variables({ accent, strong, on, tint }: Palette): string {
  return `--accent:${accent};--accent-strong:${strong};--on-accent:${on};--tint:${tint}`
}
