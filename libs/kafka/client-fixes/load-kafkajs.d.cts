declare const loaded: {
  readonly kafkajs: typeof import('kafkajs')
  readonly retriableErrorMessages: readonly string[]
}
export = loaded
