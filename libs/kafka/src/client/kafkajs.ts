import loaded from '../../client-fixes/load-kafkajs.cjs'

/**
 * The only place that loads kafkajs: patched and checked. All other modules of this library import values from here and types from
 * `kafkajs`. The CommonJS parts are beside `src`, so that the path is valid from `src` and `dist` alike.
 */
export const { kafkajs } = loaded
/** Messages of transient broker errors; the client logs them as errors while it retries. */
export const retriableErrorMessages: ReadonlySet<string> = new Set(loaded.retriableErrorMessages)
