import { describe, expect, it } from '@jest/globals'
import { createLogCreator, type OffsetReset } from './client-logging.js'
import { kafkajs } from './kafkajs.js'

const { ERROR, INFO } = kafkajs.logLevel

function logWith() {
  const lines: string[] = []
  const resets: OffsetReset[] = []
  const line = (level: string) => (_: object, message: string) => void lines.push(`${level} ${message}`)
  const logger = { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') }
  const log = createLogCreator(logger, (reset) => resets.push(reset))(INFO)
  const say = (level: typeof ERROR | typeof INFO, message: string, fields: object = {}) =>
    log({ namespace: 'Connection', level, label: '', log: { timestamp: '', message, ...fields } })
  return { lines, resets, say }
}

describe('the client’s log', () => {
  it('logs transient errors at debug only', () => {
    const { lines, say } = logWith()
    say(ERROR, 'Response GroupCoordinator', { error: 'The group coordinator is not available' })
    say(ERROR, 'Failed to send messages: …', { retryCount: 1, retryTime: 20 })
    say(INFO, 'Consumer has joined the group')
    expect(lines).toEqual([
      'debug Response GroupCoordinator',
      'debug Failed to send messages: …',
      'debug Consumer has joined the group',
    ])
  })

  it('logs any other error once, however often it occurs', () => {
    const { lines, say } = logWith()
    for (let n = 0; n < 100; n++) say(ERROR, 'Connection error: connect ECONNREFUSED', { broker: 'a:1' })
    say(ERROR, 'Connection error: connect ECONNREFUSED', { broker: 'b:1' })
    expect(lines).toEqual(Array.from({ length: 2 }, () => 'warn Kafka client: Connection error: connect ECONNREFUSED'))
  })

  it('raises an alarm each time a consumer is moved to another offset', () => {
    const { resets, say } = logWith()
    const at = { topic: 't', partition: 3, groupId: 'g' }
    for (let n = 0; n < 2; n++) say(ERROR, 'Offset out of range, resetting to default offset', { ...at, memberId: 'm' })
    expect(resets).toEqual([at, at])
  })
})
