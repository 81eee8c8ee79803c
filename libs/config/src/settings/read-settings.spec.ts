import { afterAll, describe, expect, it } from '@jest/globals'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigurationError, readSettings } from './read-settings.js'
import { integer, required } from './rules.js'
import { secretSetting, setting } from './setting.js'
import { kafkaSettings, saslIsComplete, secretsSettings, serviceSettings } from './shared-settings.js'

const definition = {
  name: setting('NAME', required('a name'), ''),
  size: setting('SIZE', integer(5, 1, 9), ''),
  key: secretSetting('KEY', required('a key'), ''),
}

function faultsOf(act: () => unknown) {
  try {
    act()
  } catch (error) {
    if (error instanceof ConfigurationError) return error
    throw error
  }
  throw new Error('the environment was accepted')
}

describe('readSettings', () => {
  const folder = mkdtempSync(join(tmpdir(), 'settings-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  it('returns values and defaults, frozen', () => {
    const settings = readSettings(definition, [], { NAME: 'n', KEY: 'k' })
    expect(settings).toEqual({ name: 'n', size: 5, key: 'k' })
    expect(Object.isFrozen(settings)).toBe(true)
  })

  it('reports all faults together', () => {
    const error = faultsOf(() => readSettings(definition, [], { SIZE: '12' }))
    expect(error.faults.map((fault) => fault.key)).toEqual(['NAME', 'SIZE', 'KEY'])
    expect(error.message).toContain('SIZE=12: must be at most 9')
  })

  it('never shows a secret', () => {
    const error = faultsOf(() => readSettings(secretsSettings, [], { SECRETS_KEY: 'c2hvcnQ=' }))
    expect(error.message).not.toContain('c2hvcnQ=')
    expect(error.message).toContain('SECRETS_KEY=***')
  })

  it('never shows user and password of a URL, whatever setting holds it', () => {
    const settings = { size: setting('SIZE', integer(5, 1, 9), '') }
    const error = faultsOf(() => readSettings(settings, [], { SIZE: 'https://joe:canary@pim.example.com/a@b' }))
    expect(error.message).toContain('SIZE=https://***@pim.example.com/a@b')
  })

  it('reads a secret from the file that KEY_FILE names', () => {
    const file = join(folder, 'key')
    writeFileSync(file, 'from-file\n')
    expect(readSettings(definition, [], { NAME: 'n', KEY_FILE: file }).key).toBe('from-file')
    expect(faultsOf(() => readSettings(definition, [], { NAME: 'n', KEY: 'k', KEY_FILE: file })).message).toContain(
      'not both',
    )
    expect(faultsOf(() => readSettings(definition, [], { NAME: 'n', KEY_FILE: `${file}-none` })).message).toContain(
      'ENOENT',
    )
  })

  it('applies the rules between settings', () => {
    const error = faultsOf(() =>
      readSettings(kafkaSettings, [saslIsComplete], { KAFKA_BROKERS: 'a:1', KAFKA_SASL_MECHANISM: 'plain' }),
    )
    expect(error.faults[0]?.key).toBe('KAFKA_SASL_MECHANISM')
  })

  it('refuses to start behind an environment proxy', () => {
    expect(faultsOf(() => readSettings(serviceSettings, [], { HTTP_PROXY: 'http://p' })).faults[0]?.key).toBe(
      'HTTP_PROXY',
    )
  })
})
