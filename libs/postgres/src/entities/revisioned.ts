import { Column, type ValueTransformer } from 'typeorm'

/** Reads `bigint` columns as numbers. For columns whose values stay below 2^53. */
const asNumber: ValueTransformer = {
  to: (value: number) => value,
  from: (value: string | null) => (value === null ? null : Number(value)),
}

/** Columns of every configurable resource. The service sets the instants, in whole milliseconds, because list positions contain them. */
export abstract class Revisioned {
  /** Raised by every change. The ETag of the resource is made from it. */
  @Column({ type: 'bigint', transformer: asNumber })
  revision!: number

  @Column({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date

  @Column({ type: 'timestamptz', name: 'updated_at' })
  updatedAt!: Date
}
