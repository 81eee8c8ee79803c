import { startConsumerService } from '@hooklane/kafka/host'
import { nestLogger, type RunningService, type ServiceContext } from '@hooklane/runtime'
import { RouterModule } from './router.module.js'
import type { RouterSettings } from './settings.js'

/** Runs the router as a Nest application. Resolves when it has joined its consumer group; partitions are acquired in the background. */
export const startRouter = (settings: RouterSettings, context: ServiceContext): Promise<RunningService> =>
  startConsumerService(RouterModule.of(settings, context), nestLogger(context.logger))
