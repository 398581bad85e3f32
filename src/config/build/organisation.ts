// Builds the settings of the organisation's own face: name, logo, accent with its contrast, support, imprint, sentences.

import { accentColours } from '../accent.ts'
import { parseHex } from '../colour.ts'
import { productName, type AccentColours, type OrganisationSettings, type PortalEntry } from '../organisation-settings.ts'
import type { AppInput } from '../schema/app.ts'
import type { MainInput } from '../schema/schema.ts'
import { childPlace, type Diagnostics, type Place } from './diagnostics.ts'
import { buildImageFile } from './image-file.ts'
import { buildMessages, localText } from './own-messages.ts'

export async function buildOrganisation(
  check: Diagnostics,
  place: Place,
  input: NonNullable<MainInput['organisation']> = {},
): Promise<OrganisationSettings> {
  const support = childPlace(place, 'support')
  return {
    name: input.name ?? productName,
    logo: await buildImageFile(check, place, 'logo', input.logo),
    accent: buildAccent(check, childPlace(place, 'accent'), input.accent),
    support: {
      mail: input.support?.mail,
      phone: input.support?.phone,
      url: webAddress(check, childPlace(support, 'url'), input.support?.url),
    },
    imprint: webAddress(check, childPlace(place, 'imprint'), input.imprint),
    messages: buildMessages(check, childPlace(place, 'messages'), input.messages),
  }
}

/** How the portal shows an app. */
export async function buildPortalEntry(check: Diagnostics, place: Place, input: AppInput): Promise<PortalEntry> {
  return {
    icon: await buildImageFile(check, place, 'icon', input.icon),
    description: localText(input.description),
    group: localText(input.group),
  }
}

function buildAccent(check: Diagnostics, place: Place, input: string | undefined): AccentColours | undefined {
  const wanted = input === undefined ? undefined : parseHex(input)
  if (wanted === undefined) return undefined
  const colours = accentColours(wanted)
  if (colours.light.accent !== wanted) {
    check.warn(
      place,
      `not legible on light pages (contrast below 4.5, WCAG AA): they use ${colours.light.accent}, the nearest that is`,
    )
  }
  return colours
}

function webAddress(check: Diagnostics, place: Place, input: string | undefined): string | undefined {
  if (input === undefined) return undefined
  const url = URL.parse(input)
  if (url?.protocol === 'https:' && url.username === '' && url.password === '') return url.href
  check.problem(place, 'expected an address such as https://www.example.com/imprint')
  return undefined
}
