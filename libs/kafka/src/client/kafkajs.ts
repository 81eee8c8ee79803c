import { createRequire } from 'node:module'

/**
 * The only place that loads kafkajs: patched and checked. All other modules of this library import values from here and types from
 * `kafkajs`. The CommonJS parts are beside `src`, so that the path is valid from `src` and `dist` alike.
 */
interface LoadedClient {
  readonly kafkajs: typeof import('kafkajs')
  readonly retriableErrorMessages: readonly string[]
}

const loaded = createRequire(import.meta.url)('../../client-fixes/load-kafkajs.cjs') as LoadedClient

export const { kafkajs } = loaded
/** Messages of transient broker errors; the client logs them as errors while it retries. */
export const retriableErrorMessages: ReadonlySet<string> = new Set(loaded.retriableErrorMessages)
