import { WorkerGroupNotReady } from '@hooklane/core/worker-group'
import { DatabaseUnavailable } from '@hooklane/postgres/tenancy'
import type { Logger } from '@hooklane/observability'
import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common'
import type { Response } from 'express'
import { EventsEndUnknown } from './companies/events-end.js'
import { PROBLEMS } from './http/problem-catalogue.js'
import { Problem } from './http/problem.js'

/** Seconds after which a retry is worthwhile while Postgres or Kafka is unavailable. */
const RETRY_AFTER_S = 2

/** Sends every response that is not a success. Unexpected errors are logged; the caller sees none of their details. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>()
    const problem = this.toProblem(error)
    if (response.headersSent) {
      response.destroy()
      return
    }
    response
      .status(problem.status)
      .set(problem.headers)
      .set('content-type', 'application/problem+json; charset=utf-8')
      .send(JSON.stringify(problem.toBody()))
  }

  private toProblem(error: unknown): Problem {
    if (error instanceof Problem) return error
    if (error instanceof DatabaseUnavailable) {
      this.logger.warn({ error }, 'a request failed because the database does not answer')
      return new Problem('DATABASE_UNAVAILABLE', 'the database does not answer; try again', {
        headers: { 'retry-after': String(RETRY_AFTER_S) },
      })
    }
    if (error instanceof WorkerGroupNotReady) {
      this.logger.error(
        { workerGroup: error.workerGroup, topics: error.topics, cause: error.cause },
        'the topics of a worker group are not ready',
      )
      return new Problem(error.code, error.message, {
        errors: error.topics.map((topic) => ({ path: 'worker.mode', code: error.code, message: topic })),
        headers: { 'retry-after': String(RETRY_AFTER_S) },
      })
    }
    if (error instanceof EventsEndUnknown) {
      this.logger.error({ error }, 'a company could not be created again under its former id')
      return new Problem(error.code, PROBLEMS[error.code].detail, {
        headers: { 'retry-after': String(RETRY_AFTER_S) },
      })
    }
    if (error instanceof HttpException) return fromNest(error)
    this.logger.error({ error }, 'a request failed')
    return new Problem('INTERNAL', 'the request failed; the reason is in the log')
  }
}

/** Errors of the framework itself: unknown routes, paths that cannot be decoded. */
function fromNest(error: HttpException): Problem {
  const status = error.getStatus()
  if (status === 404) return new Problem('NOT_FOUND', 'there is no such resource')
  if (status < 500) return new Problem('INVALID', 'the request cannot be read')
  return new Problem('INTERNAL', 'the request failed')
}
