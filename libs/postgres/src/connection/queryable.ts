/** Runs a statement. A `pg` client, a `pg` pool and a TypeORM manager all fit. */
export interface Queryable {
  query(sql: string, parameters: unknown[]): Promise<unknown>
}
