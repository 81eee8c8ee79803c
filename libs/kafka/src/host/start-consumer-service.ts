import { Catch, type DynamicModule, type LoggerService, type RpcExceptionFilter } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { throwError, type Observable } from 'rxjs'
import { LogTransport, TRANSPORT_ENGINE, type LogTransportEngine } from './log-transport.js'
import { ShutdownLogger } from './shutdown-logger.js'

/** Passes the error of a handler to the engine unchanged: Nest would replace it with a generic one. */
@Catch()
class RethrowFilter implements RpcExceptionFilter<unknown> {
  catch(error: unknown): Observable<never> {
    return throwError(() => error)
  }
}

/**
 * Starts a Nest application that reads the log: first its parts (`onApplicationBootstrap`), then its `TRANSPORT_ENGINE`. `close` stops it
 * in the order of Nest's hooks, and rejects when one of them failed.
 */
export async function startConsumerService(
  module: DynamicModule,
  logger: LoggerService,
): Promise<{ close(): Promise<void> }> {
  const service = await NestFactory.createMicroservice(module, {
    useFactory: (engine: LogTransportEngine) => ({ strategy: new LogTransport(engine) }),
    inject: [TRANSPORT_ENGINE],
    // Failures while the parts are created are thrown, and the caller reports them.
    logger: false,
    abortOnError: false,
  })
  const shutdownLogger = new ShutdownLogger(logger)
  service.useLogger(shutdownLogger)
  service.useGlobalFilters(new RethrowFilter())
  await service.listen()
  return {
    close: async () => {
      shutdownLogger.begin()
      await service.close()
      shutdownLogger.throwFailure()
    },
  }
}
