// Form controls with label, hint and validation error, connected by `aria-describedby` and `aria-invalid`.

import { html, type Content, type Html } from './html.ts'
import { icon } from './icons.ts'

interface FieldLabel {
  readonly name: string
  readonly label: string
  readonly hint?: Content
  /** Validation error. */
  readonly mistake?: string | undefined
  /** Note beside the label: "optional". */
  readonly aside?: string | undefined
}

export interface Choice {
  readonly value: string
  readonly label: Content
  readonly hint?: Content
  /** Fields that belong to this choice, shown while it is selected. */
  readonly more?: Content
}

/** Group of radio buttons in a `fieldset` with a legend. */
export function choices(
  field: FieldLabel & { readonly value: string; readonly list: readonly Choice[]; readonly compact?: boolean },
): Html {
  const { name, label, hint, mistake, list, value, compact } = field
  return html`<fieldset class="field" ${described(field)}>
    <legend>${label}</legend>
    ${hint && html`<p class="hint" id="${name}-hint">${hint}</p>`} ${error(name, mistake)}
    <div class="${compact ? 'choices compact' : 'choices'}">
      ${list.map((choice, index) => {
        const id = index === 0 ? name : `${name}-${index}`
        return html`<div class="choice">
          <input
            type="radio"
            id="${id}"
            name="${name}"
            value="${choice.value}"
            ${choice.value === value && html`checked`}
            ${choice.hint && html`aria-describedby="${id}-about"`}
          />
          <label for="${id}">${choice.label}</label>
          ${choice.hint && html`<p class="hint" id="${id}-about">${choice.hint}</p>`}
          ${choice.more && html`<div class="more">${choice.more}</div>`}
        </div>`
      })}
    </div>
  </fieldset>`
}

export function textArea(
  field: FieldLabel & {
    /** Needed when two forms on one page have a field of this name. */
    readonly id?: string
    readonly value: string
    readonly required?: boolean
    readonly rows?: number
  },
): Html {
  const { name, id = name, label, hint, mistake, aside, value, required, rows = 3 } = field
  return html`<div class="field">
    <label for="${id}">${label}${aside !== undefined && html` <span class="aside">(${aside})</span>`}</label>
    ${hint && html`<p class="hint" id="${id}-hint">${hint}</p>`} ${error(id, mistake)}
    <textarea
      id="${id}"
      name="${name}"
      rows="${rows}"
      maxlength="${maxTextLength}"
      ${required && html`required`}
      ${described({ ...field, name: id })}
    >
${value}</textarea>
  </div>`
}

export function textInput(
  field: FieldLabel & {
    readonly value: string
    readonly type?: 'text' | 'datetime-local' | 'number'
    readonly required?: boolean
    readonly min?: string | undefined
    readonly max?: string | undefined
    /** Follows in the same row, such as a unit. */
    readonly beside?: Content
  },
): Html {
  const { name, label, hint, mistake, aside, value, type = 'text', required, min, max, beside } = field
  return html`<div class="field">
    <label for="${name}">${label}${aside !== undefined && html` <span class="aside">(${aside})</span>`}</label>
    ${hint && html`<p class="hint" id="${name}-hint">${hint}</p>`} ${error(name, mistake)}
    <div class="row">
      <input
        id="${name}"
        name="${name}"
        type="${type}"
        value="${value}"
        ${type === 'text' && html`maxlength="200" autocapitalize="none" spellcheck="false"`}
        ${type === 'number' && html`step="any" inputmode="decimal"`}
        ${min !== undefined && html`min="${min}"`}
        ${max !== undefined && html`max="${max}"`}
        ${required && html`required`}
        ${described(field)}
      />
      ${beside}
    </div>
  </div>`
}

export function select(field: {
  readonly name: string
  readonly label: string
  readonly value: string
  readonly list: readonly { readonly value: string; readonly label: string }[]
}): Html {
  const { name, label, value, list } = field
  return html`<label class="hidden" for="${name}">${label}</label>
    <select id="${name}" name="${name}">
      ${list.map(
        (one) => html`<option value="${one.value}" ${one.value === value && html`selected`}>${one.label}</option>`,
      )}
    </select>`
}

export function hidden(name: string, value: string): Html {
  return html`<input type="hidden" name="${name}" value="${value}" />`
}

/** Error summary above the form, each entry linked to its field; undefined when the list is empty. */
export function errorList(
  heading: string,
  list: readonly { readonly name: string | undefined; readonly text: string }[],
): Content {
  if (list.length === 0) return undefined
  return html`<div class="said stop" role="alert">
    ${icon('alert')}
    <div>
      <h2>${heading}</h2>
      <ul>
        ${list.map(({ name, text }) => html`<li>${name === undefined ? text : html`<a href="#${name}">${text}</a>`}</li>`)}
      </ul>
    </div>
  </div>`
}

/** Status message at the top of a page (`role="status"`). */
export function statusMessage(tone: 'good' | 'wait' | 'stop', content: Content): Html {
  return html`<div class="said ${tone}" role="status">
    ${icon(tone === 'good' ? 'check' : 'alert')}
    <div>${content}</div>
  </div>`
}

/** Characters; limit of free-text fields (reason, comment). */
export const maxTextLength = 1000

function error(name: string, mistake: string | undefined): Content {
  return mistake !== undefined && html`<p class="error" id="${name}-error">${mistake}</p>`
}

function described({ name, hint, mistake }: FieldLabel): Content {
  const ids = [...(hint ? [`${name}-hint`] : []), ...(mistake === undefined ? [] : [`${name}-error`])]
  return html`${mistake !== undefined && html`aria-invalid="true"`}${ids.length > 0 && html` aria-describedby="${ids.join(' ')}"`}`
}
