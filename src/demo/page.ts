// Layout of the demo's own pages (identity provider, apps, laptop), and a template tag that escapes HTML.

import { escapeHtml } from '../http/escape-html.ts'
import type { Language } from '../web/kit/language.ts'

/** Escaped HTML; created only by `markup`. */
export interface Markup {
  readonly markup: string
}

type Part = string | number | Markup | undefined | readonly Part[]

/** Template tag: escapes every value that is not `Markup`. */
export function markup(strings: TemplateStringsArray, ...values: readonly Part[]): Markup {
  return { markup: strings.map((text, index) => text + render(values[index])).join('') }
}

export interface Look {
  readonly title: string
  /** Name in the page header. */
  readonly brand: string
  /** CSS hue of the accent colour, 0 to 360. */
  readonly hue: number
  readonly body: Markup
  /** Default: English. */
  readonly language?: Language
  readonly narrow?: boolean
  /** Inline script, a constant: never contains data of a request. */
  readonly script?: string
}

export function page(look: Look): string {
  return markup`<!doctype html>
<html lang="${look.language ?? 'en'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${look.title} · ${look.brand}</title>
<link rel="icon" href="${icon(look.hue)}">
<style>:root{--hue:${look.hue}}${{ markup: style }}</style>
</head>
<body${{ markup: look.narrow ? ' class="narrow"' : '' }}>
<header><span class="mark"></span>${look.brand}</header>
<main>
${look.body}
</main>
${{ markup: look.script ? `<script>${look.script}</script>` : '' }}
</body>
</html>
`.markup
}

export const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const

function icon(hue: number): string {
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><rect width="8" height="8" rx="2" fill="hsl(${hue} 58% 42%)"/></svg>`
  return `data:image/svg+xml,${encodeURIComponent(drawing)}`
}

function render(part: Part): string {
  if (part === undefined) return ''
  if (typeof part === 'number') return String(part)
  if (typeof part === 'string') return escapeHtml(part)
  if ('markup' in part) return part.markup
  return part.map(render).join('')
}

const style = `
*{box-sizing:border-box}
:root{--ink:#1c2024;--soft:#5e6670;--paper:#f6f6f4;--card:#fff;--line:#e2e3e0;--edge:#868c95;--accent:hsl(var(--hue) 60% 29%);--wash:hsl(var(--hue) 50% 95%);--good:#1f7a48;--bad:#b3372b}
@media(prefers-color-scheme:dark){:root{--ink:#e9ebee;--soft:#9aa3ad;--paper:#131518;--card:#1b1e22;--line:#2c3036;--edge:#717883;--accent:hsl(var(--hue) 62% 70%);--wash:hsl(var(--hue) 26% 17%);--good:#6cc394;--bad:#ef8d80}}
body{margin:0;min-height:100vh;background:var(--paper);color:var(--ink);font:16px/1.55 ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
header{max-width:60rem;margin:0 auto;padding:1.6rem 1.5rem .4rem;font-weight:600;display:flex;align-items:center;gap:.6rem}
.narrow header,.narrow main{max-width:29rem}
.mark{width:.8rem;height:.8rem;border-radius:.22rem;background:var(--accent)}
main{max-width:60rem;margin:0 auto;padding:.6rem 1.5rem 4rem}
h1{font-size:1.75rem;line-height:1.2;letter-spacing:-.015em;margin:1.4rem 0 .4rem;font-weight:650}
h2{font-size:1rem;margin:0 0 .7rem;font-weight:620}
p{margin:.4rem 0 1rem;text-wrap:pretty}p code{white-space:nowrap}
.soft,small{color:var(--soft)}
.card{background:var(--card);border:1px solid var(--line);border-radius:.9rem;padding:1.2rem 1.3rem;margin:1.1rem 0;box-shadow:0 1px 2px #0000000a}
.tile{display:flex;gap:.9rem;align-items:center;padding:.85rem 1rem;margin:.55rem 0;background:var(--card);border:1px solid var(--line);border-radius:.8rem;color:inherit;text-decoration:none}
.tile:hover,.tile:focus-visible{border-color:var(--accent);background:var(--wash)}
.tile b{display:block;font-weight:600}.tile small{display:block;line-height:1.35;text-wrap:balance}
.face{flex:none;width:2.6rem;height:2.6rem;border-radius:50%;display:grid;place-items:center;background:var(--wash);color:var(--accent);font-weight:650}
label{display:block;font-size:.88rem;color:var(--soft);margin:.8rem 0 .25rem}
input{width:100%;font:inherit;color:inherit;padding:.62rem .75rem;border:1px solid var(--edge);border-radius:.6rem;background:var(--card)}
input:focus-visible,textarea:focus-visible,button:focus-visible,a:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
button,.button{display:inline-block;font:inherit;font-weight:600;padding:.62rem 1.1rem;border-radius:.6rem;border:1px solid var(--accent);background:var(--accent);color:var(--card);cursor:pointer;margin-top:1rem;text-decoration:none}
button.quiet,.button.quiet{background:none;border-color:var(--edge);color:var(--soft);font-weight:500}
form.row{display:flex;gap:.6rem;flex-wrap:wrap}
.wide{width:100%}
.note{background:var(--wash);border-radius:.7rem;padding:.7rem .9rem;font-size:.92rem}.below{margin-top:1.1rem}
.wrong{color:var(--bad);font-weight:550}.good{color:var(--good)}
.phone{width:12.5rem;margin:1.2rem auto;border:2px solid var(--line);border-radius:1.4rem;padding:1.7rem 1rem 1.5rem;text-align:center;background:var(--card)}
.phone small{display:block;line-height:1.35;text-wrap:balance;margin-bottom:.5rem}.phone b{display:block;font:650 1.75rem/1.2 ui-monospace,SFMono-Regular,Menlo,monospace;letter-spacing:.06em;color:var(--accent)}
table{width:100%;border-collapse:collapse;table-layout:fixed;font-size:.9rem;line-height:1.5}table+h3{margin-top:1.5rem}
td,th{text-align:left;vertical-align:baseline;padding:.42rem .9rem .42rem 0;border-top:1px solid var(--line);overflow-wrap:anywhere}
tr:first-child td,tr:first-child th{border-top:0}
th{font-weight:450;color:var(--soft);width:17rem}
h3{font-size:.9rem;font-weight:600;margin:1.1rem 0 .35rem}
code,pre,td.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.94em;font-variant-ligatures:none}
.big{font:650 2.6rem/1.1 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;letter-spacing:-.03em;margin:.2rem 0 .6rem}
.trace{display:block;width:100%;height:4.5rem;margin:0 0 .7rem;overflow:visible}.trace polyline{fill:none;stroke:var(--accent);stroke-width:1.75;stroke-linejoin:round;vector-effect:non-scaling-stroke}
.cut .big{color:var(--soft)}.cut .trace polyline{stroke:var(--soft)}.cut small{color:var(--bad);font-weight:550}
.grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(17rem,1fr));gap:1rem}.grid .card{margin:0}
main a:not(.tile,.button){color:var(--accent)}
nav{display:flex;gap:.4rem;flex-wrap:wrap;margin:1.1rem 0}nav a{min-width:2.2rem;padding:.25rem .5rem;border:1px solid var(--line);border-radius:.55rem;text-align:center;text-decoration:none}nav a:hover,nav a[aria-current]{background:var(--wash);border-color:var(--accent)}nav a[aria-current]{font-weight:650}
main .tabs{gap:1.1rem;border-bottom:1px solid var(--line)}main .tabs a{min-width:0;padding:.3rem .1rem .5rem;border:0;border-bottom:2px solid transparent;border-radius:0}main .tabs a[aria-current],main .tabs a:hover{background:none;border-bottom-color:var(--accent)}
.who{float:right;margin:.3rem 0 0;color:var(--soft);font-size:.88rem}article{font-size:1.05rem}.unwritten{color:var(--bad)!important}
textarea{width:100%;font:inherit;color:inherit;padding:.62rem .75rem;border:1px solid var(--edge);border-radius:.6rem;background:var(--card)}
.figures{table-layout:auto}.figures td{text-align:right;font-variant-numeric:tabular-nums}.figures thead td,.figures thead th{color:var(--soft);font-size:.85rem}.figures tfoot th,.figures tfoot td{border-top:2px solid var(--line);font-weight:600;color:inherit}#load .figures td:last-child{text-align:left;padding-left:1rem}.figures th{width:auto}.list th{width:9rem}
.size{display:flex;gap:1rem;align-items:center;margin:0 0 .4rem}.size b{font:650 1.2rem ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;min-width:7.5rem}progress{flex:1;height:.6rem;accent-color:var(--accent)}pre{margin:0 0 .7rem;min-height:9em;white-space:pre-wrap;overflow-wrap:anywhere}.cut pre,.cut td,.cut b{color:var(--soft)}
.dot{display:inline-block;width:.6rem;height:.6rem;border-radius:50%;background:var(--soft);margin-right:.45rem}
.live .dot{background:var(--good)}.cut .dot{background:var(--bad)}
@media(max-width:36rem){.who{float:none}.figures{font-size:.8rem}table:not(.figures) th,table:not(.figures) td{display:block;width:auto;padding-right:0}table:not(.figures) th{padding-bottom:0}table:not(.figures) td{border-top:0;padding-top:.1rem}}
`
