import { runService } from '@hooklane/runtime'
import { readEventProducerSettings } from './settings.js'
import { startEventProducer } from './start-event-producer.js'

await runService('event-producer', readEventProducerSettings, startEventProducer)
