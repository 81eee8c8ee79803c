import { startConsumerService } from '@hooklane/kafka/host'
import { nestLogger, type RunningService, type ServiceContext } from '@hooklane/runtime'
import { RecorderModule } from './recorder.module.js'
import type { RecorderSettings } from './settings.js'

/** Runs the recorder as a Nest application. Resolves when it has joined its group. */
export const startRecorder = (settings: RecorderSettings, context: ServiceContext): Promise<RunningService> =>
  startConsumerService(RecorderModule.of(settings, context), nestLogger(context.logger))
