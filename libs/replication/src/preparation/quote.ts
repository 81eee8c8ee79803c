/** Quotes a name for SQL, whatever characters it has. */
export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`

export const quoteTable = (table: { readonly schema: string; readonly table: string }): string =>
  `${quoteName(table.schema)}.${quoteName(table.table)}`
