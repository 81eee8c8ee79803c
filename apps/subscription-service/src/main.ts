import { runService } from '@hooklane/runtime'
import { readSubscriptionServiceSettings } from './settings.js'
import { startSubscriptionService } from './start-subscription-service.js'

await runService('subscription-service', readSubscriptionServiceSettings, startSubscriptionService)
