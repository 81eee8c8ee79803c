/**
 * The shop's own process. It says `ready` to the process that started it, and ends with it, however that one ended.
 */
import { bootstrap, Populator } from '@vendure/core'
import { config, initialData } from './config.mjs'

process.once('disconnect', () => process.exit(1))

const app = await bootstrap(config)
await app.get(Populator).populateInitialData(initialData)
process.send?.('ready')
