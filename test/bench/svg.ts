// Shared frame and colours of all charts, readable on light and dark pages.

/** `extra`: further CSS rules. */
export function svg(width: number, height: number, title: string, parts: readonly string[], extra = ''): string {
  const style = [
    'text { font: 11px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace }',
    '.plain { font: 12px system-ui, sans-serif; fill: #1f2328 }',
    '.title { font-size: 15px; font-weight: 600 }',
    '.line { stroke: #d0d7de; stroke-width: 1 }',
    '.a { --c: #0a5cc2 } .b { --c: #b3470f } .c { --c: #1a7f37 } .d { --c: #8250df }',
    'path.series { fill: none; stroke: var(--c); stroke-width: 2 }',
    '.dot, .bar { fill: var(--c) }',
    '.key { fill: var(--c); font: 12px system-ui, sans-serif }',
    extra,
    '@media (prefers-color-scheme: dark) {',
    '.plain { fill: #e6edf3 } .line { stroke: #3d444d }',
    '.a { --c: #6cb0ff } .b { --c: #ff9e64 } .c { --c: #5fd07e } .d { --c: #c9a2ff }',
    '}',
  ].join('\n')
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-10 0 ${width + 20} ${height}" role="img" aria-label="${escapeText(title)}">
<style>
${style}
</style>
${parts.join('\n')}
</svg>
`
}

export function escapeText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '?')
}
