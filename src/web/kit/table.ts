// A real table for lists of equal rows; on phones each row becomes a block with the headings beside its values.

import { html, type Content, type Html } from './html.ts'

export interface Column<Row> {
  readonly heading: string
  readonly cell: (row: Row) => Content
  /** `name`: names the row, exactly one column. `number`: right-aligned. `acts`: buttons, whose heading only screen readers get. */
  readonly kind?: 'name' | 'number' | 'acts'
}

export interface Table<Row> {
  /** Id of the heading that names the table. */
  readonly labelledBy: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  /** Class of the table besides its own. */
  readonly look?: string
  /** Id of the element of a row, for links to it. */
  readonly idOf?: (row: Row) => string | undefined
}

/** The roles are those the elements have anyway: stacked, browsers would no longer see a table. */
export function table<Row>({ labelledBy, columns, rows, look, idOf }: Table<Row>): Html {
  return html`<div class="card tabular">
    <table class="${look === undefined ? 'table' : `table ${look}`}" role="table" aria-labelledby="${labelledBy}">
      <thead role="rowgroup">
        <tr role="row">
          ${columns.map(({ heading, kind }) => {
            const name = kind === 'acts' ? html`<span class="hidden">${heading}</span>` : heading
            return html`<th role="columnheader" scope="col" class="${kind ?? 'text'}">${name}</th>`
          })}
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${rows.map((row) => {
          const id = idOf?.(row)
          return html`<tr role="row" ${id !== undefined && html`id="${id}"`}>
            ${columns.map((column) => cell(column, row))}
          </tr>`
        })}
      </tbody>
    </table>
  </div>`
}

function cell<Row>({ heading, kind, cell }: Column<Row>, row: Row): Html {
  if (kind === 'name') return html`<th role="rowheader" scope="row" class="name">${cell(row)}</th>`
  return html`<td role="cell" class="${kind ?? 'text'}" data-label="${heading}">${cell(row)}</td>`
}
