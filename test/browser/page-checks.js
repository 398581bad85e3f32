// Accessibility checks (WCAG 2.2 AA) and keyboard focus, evaluated inside the page.

/** 1.4.3 for text (4.5, or 3 when large), 1.4.11 for the edges of controls (3). */
export function contrastFaults() {
  const faults = []
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const text = walker.currentNode.nodeValue.trim()
    const element = walker.currentNode.parentElement
    if (text === '' || element.closest('style') || !element.checkVisibility()) continue
    const style = getComputedStyle(element)
    const size = parseFloat(style.fontSize)
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700)
    const ratio = contrast(rgb(style.color), background(element))
    if (ratio < (large ? 3 : 4.5)) faults.push(`text "${text}" has ${ratio.toFixed(2)}`)
  }
  for (const element of document.querySelectorAll('.button, .provider, select, textarea, input:not([type=hidden])')) {
    const style = getComputedStyle(element)
    const outside = background(element.parentElement)
    const edge = Math.max(contrast(rgb(style.borderTopColor), outside), contrast(background(element), outside))
    if (edge < 3) faults.push(`edge of "${element.textContent.trim()}" has ${edge.toFixed(2)}`)
  }
  for (const element of document.querySelectorAll('svg')) {
    const ratio = contrast(rgb(getComputedStyle(element).color), background(element.parentElement))
    if (ratio < 3) faults.push(`icon has ${ratio.toFixed(2)}`)
  }
  return faults

  function background(element) {
    for (let at = element; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor
      if (!/rgba\(.*, 0\)|transparent/.test(color)) return rgb(color)
    }
    return [255, 255, 255]
  }

  function rgb(color) {
    const parts = color.match(/[\d.]+/g).map(Number)
    if (!color.startsWith('rgb') || (parts[3] ?? 1) !== 1) throw new Error(`unsupported colour ${color}`)
    return [parts[0], parts[1], parts[2]]
  }

  function contrast(a, b) {
    const [lighter, darker] = [luminance(a), luminance(b)].sort((x, y) => y - x)
    return (lighter + 0.05) / (darker + 0.05)
  }

  function luminance(color) {
    const [r, g, b] = color.map((part) => {
      const value = part / 255
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
}

/** Waits for colour transitions (light to dark) to finish. */
export function arrive() {
  // Collapsed content starts its transition only when shown.
  for (const element of document.querySelectorAll('*')) void getComputedStyle(element).color
  for (const animation of document.getAnimations()) if (animation instanceof CSSTransition) animation.finish()
}

/** 2.5.8: controls of at least 24 px, links within a sentence aside. */
export function targetFaults() {
  return [...document.querySelectorAll('button, .button, .provider, select, textarea, input:not([type=hidden])')]
    .filter((element) => element.checkVisibility())
    .map((element) => ({ element, box: element.getBoundingClientRect() }))
    .filter(({ box }) => box.width < 24 || box.height < 24)
    .map(({ element, box }) => `"${element.textContent.trim()}" is ${box.width} by ${box.height}`)
}

/** Number of Tab stops on the page; a radio group is one stop. */
export function stops() {
  const visible = [
    ...document.querySelectorAll('a[href], button, summary, select, textarea, input:not([type=hidden])'),
  ].filter((element) => element.checkVisibility())
  const groups = new Set()
  for (const element of visible) {
    groups.add(element.type === 'radio' ? `${[...document.forms].indexOf(element.form)} ${element.name}` : element)
  }
  return groups.size
}

/** The focused element, and whether its focus is visible. */
export function focused() {
  const element = document.activeElement
  const box = element.getBoundingClientRect()
  const outlines = [getComputedStyle(element), getComputedStyle(element, '::after')]
  return {
    label: element.textContent.trim() || element.id,
    y: box.top + scrollY,
    x: box.left,
    visible: outlines.some((style) => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2),
    lost: element === document.body,
  }
}

/** Loads `address` in an iframe and waits for the result. */
export async function framed(address) {
  const frame = document.createElement('iframe')
  frame.src = address
  const loaded = new Promise((resolve) => frame.addEventListener('load', resolve))
  document.body.append(frame)
  await loaded
}
