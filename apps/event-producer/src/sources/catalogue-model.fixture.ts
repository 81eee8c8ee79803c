/** Parts of the model with which `CatalogueWatch` is tested: three tables, and what other people do to them. */

export const TABLES = ['public.a', 'public.b', 'public.c'] as const
export const RESOURCE: Readonly<Record<string, string>> = { 'public.a': 'as', 'public.b': 'bs', 'public.c': 'cs' }
/** What other people do to the publication. */
export const PUBLICATION_ACTIONS = [
  'takeOut',
  'putBack',
  'takeOutAndPutBack',
  'narrow',
  'widen',
  'switchOff',
  'switchOn',
  'dropPublication',
  'createPublication',
] as const
/** What other people do to the partitions of a table. */
export const PARTITION_ACTIONS = [
  'createPartition',
  'attachFilled',
  'truncate',
  'detach',
  'attachAgain',
  'detachAndAttach',
] as const

export type PublicationAction = (typeof PUBLICATION_ACTIONS)[number]
export type PartitionAction = (typeof PARTITION_ACTIONS)[number]
export type Foreign = readonly [action: PublicationAction | PartitionAction, table: string]

export const isPublicationAction = (action: Foreign[0]): action is PublicationAction =>
  PUBLICATION_ACTIONS.some((one) => one === action)

export const REPLICATED = {
  name: 'pim',
  databaseUrl: 'postgres://db/pim',
  slot: 's',
  publication: 'p',
  tables: [],
  resetInstructions: 'start over',
}
export const PREPARED = {
  server: { version: 180_000, role: 'r', database: 'd', encoding: 'UTF8' },
  slot: { confirmedLsn: 1n, walEndLsn: 1n },
  warnings: [],
}
