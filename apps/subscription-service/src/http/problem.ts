import { STATUS_CODES } from 'node:http'
import { PROBLEMS, type FaultCode, type ProblemCode } from './problem-catalogue.js'

/** One fault of a request: where it is, its code, and what to do about it. */
export interface Fault {
  /** Dotted path into the body or the query: `delivery.retry.attempts`, `events.0`. */
  readonly path: string
  readonly code: FaultCode
  readonly message: string
}

/** A fault whose code can also be the code of the whole problem. */
export interface Refusal extends Fault {
  readonly code: ProblemCode
}

export interface ProblemOptions {
  readonly errors?: readonly Fault[]
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}

/** An error response (RFC 9457). `code` is stable: clients may branch on it. */
export class Problem extends Error {
  readonly status: number
  readonly errors: readonly Fault[]
  readonly headers: Readonly<Record<string, string>>

  constructor(
    readonly code: ProblemCode,
    readonly detail: string,
    options: ProblemOptions = {},
  ) {
    super(detail, 'cause' in options ? { cause: options.cause } : undefined)
    this.name = 'Problem'
    this.status = PROBLEMS[code].status
    this.errors = options.errors ?? []
    this.headers = options.headers ?? {}
  }

  /** The body of `application/problem+json`. */
  toBody(): Record<string, unknown> {
    return {
      type: `urn:hooklane:problem:${this.code}`,
      title: STATUS_CODES[this.status] ?? 'Error',
      status: this.status,
      code: this.code,
      detail: this.detail,
      errors: this.errors,
    }
  }
}

/** Also for resources of other companies, because the response must not reveal whether they exist. */
export const notFound = (what: string): Problem => new Problem('NOT_FOUND', `there is no such ${what}`)

/** For violated rules that the validation of single fields cannot check, such as rules between fields. */
export const unprocessable = (...faults: [Refusal, ...Refusal[]]): Problem =>
  new Problem(faults[0].code, faults.map((fault) => `${fault.path}: ${fault.message}`).join('; '), {
    errors: faults,
  })

export const invalid = (...faults: [Fault, ...Fault[]]): Problem =>
  new Problem('INVALID', faults.map((fault) => `${fault.path}: ${fault.message}`).join('; '), { errors: faults })

/** For an optional field that is required when the resource is new. @throws Problem 400 */
export function missing(path: string): never {
  throw invalid({ path, code: 'REQUIRED', message: 'is required' })
}
