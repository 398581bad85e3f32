// Answer of a demo app: a page, or a redirect after a form.

export type AppAnswer =
  { readonly status: number; readonly html: string } | { readonly status: 303; readonly location: string }
