// Recognises browser and operating system in a User-Agent, so that users recognise their sessions; display only.

/** Brand names, the same in every language; undefined when not recognised. Reads the first 512 characters. */
export function browserName(userAgent: string | undefined): {
  browser: string | undefined
  system: string | undefined
} {
  const text = (userAgent ?? '').slice(0, 512)
  return {
    browser: browsers.find(([pattern]) => pattern.test(text))?.[1],
    system: systems.find(([pattern]) => pattern.test(text))?.[1],
  }
}

// Order matters: most browsers also name the browsers from which they descend.
const browsers: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
  [/\b(?:OPR|Opera)\//, 'Opera'],
  [/\bVivaldi\//, 'Vivaldi'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\b(?:HeadlessChrome|Chromium)\//, 'Chromium'],
  [/\b(?:Chrome|CriOS)\//, 'Chrome'],
  [/\bVersion\/[\d.]+ .*Safari\//, 'Safari'],
  [/^curl\//, 'curl'],
]

const systems: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bLinux\b/, 'Linux'],
]
