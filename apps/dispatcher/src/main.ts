import { runService } from '@hooklane/runtime'
import { readDispatcherSettings } from './settings.js'
import { startDispatcher } from './start-dispatcher.js'

await runService('dispatcher', readDispatcherSettings, startDispatcher)
