import { createRequire } from 'node:module'

/**
 * The only way to kafkajs: patched, checked, then loaded. Everything else in this library takes values from here and types from `kafkajs`.
 * The CommonJS parts stand beside `src`, so that the path holds for `src` and `dist` alike.
 */
interface LoadedClient {
  readonly kafkajs: typeof import('kafkajs')
  readonly retriableErrorMessages: readonly string[]
}

const loaded = createRequire(import.meta.url)('../../client-fixes/load-kafkajs.cjs') as LoadedClient

export const { kafkajs } = loaded
/** Texts of broker errors that pass by themselves; the client logs them as errors while it retries. */
export const retriableErrorMessages: ReadonlySet<string> = new Set(loaded.retriableErrorMessages)
