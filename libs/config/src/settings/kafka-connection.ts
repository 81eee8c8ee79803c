/** What a Kafka client needs, from the settings that every service reads. */
export interface KafkaConnection {
  readonly brokers: readonly string[]
  readonly ssl: boolean
  readonly sasl?: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
    readonly username: string
    readonly password: string
  }
}

export function kafkaConnection(settings: {
  readonly kafkaBrokers: readonly string[]
  readonly kafkaSsl: boolean
  readonly kafkaSaslMechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512' | undefined
  readonly kafkaSaslUsername: string | undefined
  readonly kafkaSaslPassword: string | undefined
}): KafkaConnection {
  const { kafkaSaslMechanism: mechanism, kafkaSaslUsername: username, kafkaSaslPassword: password } = settings
  const sasl = mechanism && username && password ? { mechanism, username, password } : undefined
  return { brokers: settings.kafkaBrokers, ssl: settings.kafkaSsl, ...(sasl ? { sasl } : {}) }
}
