/** What a statement needs to run; a `pg` client, pool or TypeORM manager fits. */
export interface Queryable {
  query(sql: string, parameters: unknown[]): Promise<unknown>
}
