// Schema of `organisation`, and of what an app shows on the portal: icon, description, group, sentences of its own.

import { z } from 'zod'
import { filePath, text } from './values.ts'

const line = text.max(200, 'is too long: at most 200 characters')
const markdown = text.max(2000, 'is too long: at most 2000 characters')

function local<T extends z.ZodType>(value: T) {
  return z.union(
    [value, z.strictObject({ en: value.optional().describe('English.'), de: value.optional().describe('German.') })],
    {
      error: 'expected a text, or a mapping with en and de',
    },
  )
}

const messages = z
  .strictObject({
    denied: z
      .record(z.string(), local(markdown))
      .optional()
      .describe('On the page of a denial, by reason code; `otherwise`: for codes without a sentence of their own.')
      .meta({
        'x-examples': [{ device_unknown: 'Company laptops are at the [help desk](https://help.example.com).' }],
      }),
    request: local(markdown).optional().describe('On the form that asks for access.'),
    emergency: local(markdown).optional().describe('On the form for emergency access.'),
    external: local(markdown).optional().describe('On the portal, at the first visit of an external person.'),
  })
  .describe(
    'Sentences beside those of Einlass, in Markdown without HTML: paragraphs, lists, `*emphasis*`, `**strong**`, links to https, mailto and tel. A text, or one for each of `en` and `de`.',
  )

export const organisationShape = z
  .strictObject({
    name: line
      .optional()
      .describe('Name on every page and in mails.')
      .meta({ 'x-default': 'Einlass', 'x-examples': ['Example GmbH'] }),
    logo: filePath
      .optional()
      .describe('SVG without script and references, or PNG; at most 128 KB. Shown 32 pixels high.')
      .meta({ 'x-examples': ['logo.svg'] }),
    accent: z
      .string()
      .regex(/^#(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$/, 'expected a colour such as "#0b5d52"')
      .optional()
      .describe(
        'Colour of buttons and links. Where it is not legible (WCAG AA), pages use the nearest colour that is, with a warning; a variant for dark pages is derived.',
      )
      .meta({ 'x-examples': ['#0b5d52'] }),
    support: z
      .strictObject({
        mail: z
          .string()
          .regex(/^[^\s@<>"(),:;[\]\\]{1,64}@[^\s@<>"(),:;[\]\\]{1,190}$/, 'expected an e-mail address')
          .optional()
          .describe('E-mail address.')
          .meta({ 'x-examples': ['it@example.com'] }),
        phone: z
          .string()
          .regex(/^\+?[0-9][0-9 ()/.-]{1,40}$/, 'expected a telephone number such as "+49 30 1234567"')
          .optional()
          .describe('Telephone number.')
          .meta({ 'x-examples': ['+49 30 1234567'] }),
        url: text
          .optional()
          .describe('Page of the help desk.')
          .meta({ 'x-examples': ['https://help.example.com'] }),
      })
      .optional()
      .describe('Who helps: on every refusal and mishap, beside the short id of the request.'),
    imprint: text
      .optional()
      .describe('Page about the organisation, linked on every page.')
      .meta({ 'x-examples': ['https://www.example.com/imprint'] }),
    messages: messages.optional(),
  })
  .describe('Name, logo and colour of your organisation on the pages of the gateway, and in its mails.')

export const portalShape = {
  icon: filePath
    .optional()
    .describe('Icon on the portal: SVG without script and references, or PNG; at most 128 KB.')
    .meta({ 'x-prose': 'the first letter of `title`', 'x-examples': ['icons/wiki.svg'] }),
  description: local(line)
    .optional()
    .describe('What it is for, in a few words, on the portal. A text, or one for each of `en` and `de`.')
    .meta({ 'x-examples': ['Travel expenses and receipts'] }),
  group: local(line)
    .optional()
    .describe('Heading under which the portal lists it. A text, or one for each of `en` and `de`.')
    .meta({ 'x-examples': [{ en: 'Production', de: 'Produktion' }] }),
  messages: messages.optional().describe('Sentences of this app, in place of those of `organisation.messages`.'),
}

export type LocalTextInput = string | { readonly en?: string | undefined; readonly de?: string | undefined }
export type MessagesInput = z.output<typeof messages>
