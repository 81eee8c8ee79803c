/** What the model of `CatalogueWatch` is made of: three tables, and what others do to them. */

export const TABLES = ['public.a', 'public.b', 'public.c'] as const
export const RESOURCE: Readonly<Record<string, string>> = { 'public.a': 'as', 'public.b': 'bs', 'public.c': 'cs' }
export const FOREIGN = [
  'takeOut',
  'putBack',
  'takeOutAndPutBack',
  'narrow',
  'widen',
  'switchOff',
  'switchOn',
  'dropPublication',
  'createPublication',
  'createPartition',
  'attachFilled',
  'truncate',
  'detach',
  'attachAgain',
  'detachAndAttach',
] as const

export type PublicationAction = Exclude<
  (typeof FOREIGN)[number],
  'createPartition' | 'attachFilled' | 'truncate' | 'detach' | 'attachAgain' | 'detachAndAttach'
>
export type Foreign = readonly [action: (typeof FOREIGN)[number], table: string]

export const REPLICATED = {
  name: 'pim',
  databaseUrl: 'postgres://db/pim',
  slot: 's',
  publication: 'p',
  tables: [],
  resetInstructions: 'start over',
}
export const PREPARED = {
  server: { version: 180_000, role: 'r', database: 'd' },
  slot: { confirmedLsn: 1n, walEndLsn: 1n },
  warnings: [],
}
