// Where a request comes from: own page, trusted page, other page, or no browser; duplicates and near-misses are others.

import { expect, test } from 'vitest'
import { pageOriginOf } from '../../src/http/page-origin.ts'

const own = 'https://wiki.example.com'
const shop = 'https://shop.example.com'
const evil = 'https://evil.test'

test.each([
  // Origin, Sec-Fetch-Site, Referer
  [own, undefined, undefined, 'own'],
  [own, 'same-origin', undefined, 'own'],
  [own, 'none', undefined, 'own'],
  [own, 'same-origin', `${evil}/x`, 'own'],
  [own, 'same-site', undefined, 'other'],
  [own, 'cross-site', undefined, 'other'],
  [own, 'same-origin, cross-site', undefined, 'other'],
  [own, 'Same-Origin', undefined, 'other'],
  [own, '', undefined, 'other'],
  [shop, undefined, undefined, 'trusted'],
  [shop, 'same-site', undefined, 'trusted'],
  [shop, 'cross-site', undefined, 'trusted'],
  [evil, undefined, undefined, 'other'],
  [evil, 'same-origin', undefined, 'other'],
  [evil, 'none', undefined, 'other'],
  [evil, undefined, `${own}/`, 'other'],
  [`${own}, ${evil}`, 'same-origin', undefined, 'other'],
  [`${own}/`, 'same-origin', undefined, 'other'],
  [own.toUpperCase(), 'same-origin', undefined, 'other'],
  [own.replace('https', 'http'), undefined, undefined, 'other'],
  [`${own}:8443`, undefined, undefined, 'other'],
  [`${own}.evil.test`, undefined, undefined, 'other'],
  ['', 'same-origin', undefined, 'other'],
  ['null', undefined, undefined, 'other'],
  ['null', 'cross-site', undefined, 'other'],
  ['null', 'same-site', undefined, 'other'],
  ['null', 'none', undefined, 'other'],
  // An own page under `Referrer-Policy: no-referrer`.
  ['null', 'same-origin', undefined, 'own'],
  [undefined, 'same-origin', undefined, 'own'],
  [undefined, 'none', undefined, 'own'],
  [undefined, 'same-site', undefined, 'other'],
  [undefined, 'cross-site', `${own}/`, 'other'],
  [undefined, undefined, `${own}/page?q=1`, 'own'],
  [undefined, undefined, `${shop}/page`, 'trusted'],
  [undefined, undefined, `${evil}/?${own}`, 'other'],
  [undefined, undefined, `https://wiki.example.com@evil.test/`, 'other'],
  [undefined, undefined, `${own}.evil.test/`, 'other'],
  [undefined, undefined, 'about:blank', 'other'],
  [undefined, undefined, '', 'other'],
  [undefined, undefined, '/page', 'other'],
  [undefined, undefined, undefined, 'unstated'],
])('Origin %j, Sec-Fetch-Site %j, Referer %j: %s', (origin, site, referer, from) => {
  expect(pageOriginOf({ origin, site, referer }, own, [shop])).toBe(from)
})
