/**
 * The shop's process. It sends `ready` to its parent process, and exits when the parent ends, however the parent ended.
 */
import { bootstrap, Populator } from '@vendure/core'
import { config, initialData } from './config.mjs'

process.once('disconnect', () => process.exit(1))

const app = await bootstrap(config)
await app.get(Populator).populateInitialData(initialData)
process.send?.('ready')
