// Reads an image of the configuration: a PNG, or an SVG that contains no script and refers to nothing outside of it.

import { childPlace, type Diagnostics, type Place } from './diagnostics.ts'
import { checkFile } from './tls-files.ts'
import type { ImageFile } from '../organisation-settings.ts'

/** Bytes: pages load it on every first visit. */
const maxBytes = 128 * 1024
/** Pixels of a side. */
const maxSide = 2048

/** Undefined, with a problem, if the file is missing or not such an image. */
export async function buildImageFile(
  check: Diagnostics,
  parent: Place,
  key: string,
  name: string | undefined,
): Promise<ImageFile | undefined> {
  if (name === undefined) return undefined
  const place = childPlace(parent, key)
  const body = await checkFile(check, place, name)
  if (body === undefined) return undefined
  const refuse = (message: string): undefined => void check.problem(place, message)
  if (body.length > maxBytes) return refuse('the image is larger than 128 KB')
  if (body.subarray(0, 8).equals(pngSignature)) return png(body) ?? refuse('the PNG must have 1 to 2048 pixels a side')
  const text = textOf(body)
  const root = text === undefined ? null : /^\uFEFF?(?:\s|<\?xml[^>]*\?>|<!--[^]*?-->)*<svg[\s>]/.exec(text)
  if (text === undefined || root === null) return refuse('expected an SVG in UTF-8, or a PNG')
  const active = activeContent(text)
  if (active !== undefined) return refuse(`the SVG contains ${active}; export it as a plain SVG`)
  return { type: 'image/svg+xml', body }
}

const pngSignature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

/** Width and height are in the first chunk (PNG 11.2.1). */
function png(body: Buffer): ImageFile | undefined {
  if (body.length < 24 || body.toString('latin1', 12, 16) !== 'IHDR') return undefined
  const sides = [body.readUInt32BE(16), body.readUInt32BE(20)]
  return sides.every((side) => side > 0 && side <= maxSide) ? { type: 'image/png', body } : undefined
}

function textOf(body: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    return undefined
  }
}

/**
 * As an `img` an SVG runs no script and loads nothing (SVG 2, 2.2.1: secure static mode), and its answer has the policy of our
 * pages. This refuses what would act where someone opens the file itself, by kind and in any spelling.
 */
function activeContent(text: string): string | undefined {
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) return 'a document type or an entity'
  if (/<\?(?!xml[\s?])/i.test(text)) return 'a processing instruction'
  if (/<\s*(?:[\w-]+:)?(?:script|foreignObject|iframe|object|embed|audio|video|handler|listener)\b/i.test(text)) {
    return 'a script or foreign content'
  }
  if (/<\s*(?:[\w-]+:)?(?:animate\w*|set|discard|image|feImage|a)\b/i.test(text)) return 'an animation, image or link'
  if (/[\s"'/](?:[\w-]+:)?on[a-z]+\s*=/i.test(text)) return 'an event handler'
  if (/[\s"'/](?:xlink:)?(?:href|src)\s*=\s*["']?\s*(?!["']?\s*#)/i.test(text)) return 'a reference to something else'
  if (/@import|url\s*\(\s*["']?\s*(?!["']?\s*#)/i.test(text)) return 'a reference to something else'
  // A reference of XML could spell any of the above; those of five characters and of printable text cannot.
  if (/&#?\w*;/.test(text.replace(/&(?:amp|lt|gt|quot|apos);/g, ''))) return 'a character reference'
  return undefined
}
