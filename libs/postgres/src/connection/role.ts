/** The service's role in the database, taken by `SET ROLE` on each connection when the login may (see migrations/repeatable). */
export type ServiceRole = 'hooklane_service' | 'hooklane_dispatcher' | 'hooklane_recorder' | 'hooklane_producer'

/** Schema of every table. */
export const SCHEMA = 'hooklane'
