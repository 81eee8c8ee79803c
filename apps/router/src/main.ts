import { runService } from '@hooklane/runtime'
import { readRouterSettings } from './settings.js'
import { startRouter } from './start-router.js'

await runService('router', readRouterSettings, startRouter)
