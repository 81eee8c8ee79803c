import loaded from '../../client-fixes/load-kafkajs.cjs'

/**
 * kafkajs with our patches, and with a check that they are in effect. No other module loads kafkajs: all modules of this library import its
 * values from here, and its types from `kafkajs`. The CommonJS files (`client-fixes`) are beside `src`, so that the relative path
 * above is valid from `src` and from `dist`.
 */
export const { kafkajs } = loaded
/** Messages of transient broker errors; the client logs them as errors while it retries. */
export const retriableErrorMessages: ReadonlySet<string> = new Set(loaded.retriableErrorMessages)
