import { code, GENERATED, page, table, withNamesAsCode } from './markdown.mjs'
import { TOOL_VARIABLES } from './tool-variables.mjs'

/** @import { Rule, Service, Setting } from './load-definitions.mjs' */

const INTRODUCTION = `# Configuration

${GENERATED}

Services read their settings from environment variables, once, when they start. An empty variable counts as not set. A service with
invalid settings reports all faults together, with the rule and the value of each (secrets as \`***\`), and ends with exit code 1.
To change a setting, restart the service: it drains first.

A secret can be read from a file instead: \`DATABASE_URL_FILE=/run/secrets/database-url\`. Set either the variable or the file, not both.
White space at the beginning and the end of the file is ignored.

\`npm start\` gives the services values for this machine: the addresses of the servers, the ports, the secrets and \`ALLOW_TARGETS\`. It
passes every other variable of its environment to them. Variables in a capture file (\`\${PIM_DATABASE_URL}\`) come from the environment of the event-producer.`

/**
 * @param {readonly Service[]} services
 * @returns {string}
 */
export function configurationPage(services) {
  const rules = [...new Set(services.flatMap((service) => service.rules))]
  return page(
    INTRODUCTION,
    '## Settings of several services',
    sharedTable(services),
    ...furtherRules(rules.filter((rule) => isShared(rule, services))),
    ...services.flatMap((service) => serviceSection(service, services)),
    '## Launcher, tests and tools',
    '`npm start`, `npm test`, `npm run demo` and the other commands read these variables. Services do not read them, except those that are also the name of a setting above: these are passed to the services.\n\nThe migration (`node dist/migrate.js`) reads `DATABASE_URL` or `DATABASE_URL_FILE`, and `TOPIC_PROFILE`.',
    table(
      ['Variable', 'Default', 'What it does'],
      TOOL_VARIABLES.map(({ name, defaultValue, description }) => [
        code(name),
        withNamesAsCode(defaultValue),
        withNamesAsCode(description),
      ]),
    ),
  )
}

/**
 * The services that have this setting. Services share a setting if their definitions refer to the same object.
 *
 * @param {Setting} setting
 * @param {readonly Service[]} services
 */
const usersOf = (setting, services) => services.filter(({ settings }) => settings.includes(setting))

/** @param {readonly Service[]} services */
function sharedTable(services) {
  const shared = new Set(
    services.flatMap(({ settings }) => settings).filter((one) => usersOf(one, services).length > 1),
  )
  const usedBy = (/** @type {Setting} */ setting) => {
    const users = usersOf(setting, services)
    return users.length === services.length ? 'all' : users.map(({ name }) => name).join(', ')
  }
  const rows = [...shared].map((setting) => [...cells(setting), usedBy(setting)])
  return table(['Setting', 'Value', 'Default', 'What it does', 'Used by'], rows)
}

/**
 * @param {Service} service
 * @param {readonly Service[]} services
 */
function serviceSection({ name, purpose, settings, rules }, services) {
  const own = settings.filter((setting) => usersOf(setting, services).length === 1)
  const parts = [`## ${name}`, purpose]
  if (own.length > 0) parts.push(table(['Setting', 'Value', 'Default', 'What it does'], own.map(cells)))
  else parts.push('No settings of its own.')
  return [...parts, ...furtherRules(rules.filter((rule) => !isShared(rule, services)))]
}

/**
 * @param {Rule} rule
 * @param {readonly Service[]} services
 */
const isShared = (rule, services) => services.filter(({ rules }) => rules.includes(rule)).length > 1

/** @param {readonly Rule[]} rules */
const furtherRules = (rules) =>
  rules.length === 0
    ? []
    : [
        'Further rules for these settings:',
        rules.map(({ key, rule }) => `- ${code(key)} ${withNamesAsCode(rule)}.`).join('\n'),
      ]

/** @param {Setting} setting */
function cells(setting) {
  const { key, secret, schema, description } = setting
  return [
    secret ? `${code(key)} or ${code(`${key}_FILE`)}` : code(key),
    schema.description ?? '',
    defaultOf(setting),
    withNamesAsCode(description),
  ]
}

/** @param {Setting} setting */
function defaultOf({ schema }) {
  const { success, data } = schema.safeParse(undefined)
  if (!success) return '**required**'
  if (data === undefined || data === '') return 'none'
  return code(Array.isArray(data) ? data.join(',') : String(data))
}
