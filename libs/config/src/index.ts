export * from './settings/setting.js'
export * from './settings/read-settings.js'
export * from './settings/rules.js'
export * from './settings/shared-settings.js'
