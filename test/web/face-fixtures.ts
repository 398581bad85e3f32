// The face of an organisation with everything set, and a configuration's part of it.

import { accentColours } from '../../src/config/accent.ts'
import { parseMarkdown } from '../../src/config/markdown.ts'
import type { App } from '../../src/config/configuration.ts'
import type { OrganisationSettings } from '../../src/config/organisation-settings.ts'
import { createFace, type Face } from '../../src/web/kit/face.ts'

const both = (text: string) => {
  const { blocks } = parseMarkdown(text)
  return { en: blocks, de: blocks }
}

export const organisation: OrganisationSettings = {
  name: 'Muster Maschinenbau GmbH',
  logo: {
    type: 'image/svg+xml',
    body: Buffer.from(
      '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><style>rect{fill:#b3261e}</style><rect width="40" height="40" rx="6"/><path d="M10 28l10-18 10 18z" fill="#fff"/></svg>',
    ),
  },
  accent: accentColours('#b3261e'),
  support: { mail: 'it@muster.example', phone: '+49 30 1234567', url: 'https://help.muster.example/' },
  imprint: 'https://www.muster.example/imprint',
  messages: {
    denied: new Map([
      ['not_in_group', both('Ask **your team lead**, or see the [rules](https://muster.example/rules).')],
    ]),
    otherwise: undefined,
    request: undefined,
    emergency: both('Call the duty manager *first*.\n\n- Tell what happened\n- Tell what you do'),
    external: undefined,
  },
}

export function faceOf(
  settings: OrganisationSettings,
  apps: readonly Pick<App, 'name' | 'messages' | 'portal'>[] = [],
): Face {
  return createFace({
    organisation: settings,
    gateway: { origin: 'https://access.example.com' },
    apps: new Map(apps.map((app) => [app.name, app])),
  })
}

export const organisationFace = faceOf(organisation)
