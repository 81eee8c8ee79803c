/** The database role of a service, set on each connection if the login may set it (see migrations/repeatable). */
export type ServiceRole = 'hooklane_service' | 'hooklane_dispatcher' | 'hooklane_recorder' | 'hooklane_producer'

/** The schema of all tables. */
export const SCHEMA = 'hooklane'
