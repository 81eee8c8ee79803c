import { ValidationPipe } from '@nestjs/common'
import type { ValidationError } from 'class-validator'
import type { FaultCode } from './problem-catalogue.js'
import { Problem, type Fault } from './problem.js'

/** Name of the constraint that refuses a value which is not available yet: a later version will accept the value. */
export const NOT_AVAILABLE = 'notAvailable'

/** Validates bodies and queries. If validation fails, the status is 422 if every fault is `NOT_AVAILABLE`, otherwise 400. */
export function strictValidation(): ValidationPipe {
  return new ValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    transform: true,
    validationError: { target: false, value: false },
    exceptionFactory: (errors: ValidationError[]) => toProblem(errors.flatMap((error) => faultsOf(error, ''))),
  })
}

function toProblem(faults: readonly Fault[]): Problem {
  const detail = faults.map((fault) => `${fault.path}: ${fault.message}`).join('; ')
  const onlyNotAvailable = faults.length > 0 && faults.every((fault) => fault.code === 'NOT_AVAILABLE')
  if (onlyNotAvailable) return new Problem('NOT_AVAILABLE', detail, { errors: faults })
  const isUnknownField = faults.some((fault) => fault.code === 'UNKNOWN_FIELD')
  return new Problem(isUnknownField ? 'UNKNOWN_FIELD' : 'INVALID', detail, { errors: faults })
}

function faultsOf(error: ValidationError, parent: string): Fault[] {
  const path = parent === '' ? error.property : `${parent}.${error.property}`
  const children = (error.children ?? []).flatMap((child) => faultsOf(child, path))
  const constraints = Object.entries(error.constraints ?? {})
  const [name, message] = constraints.find(([key]) => key === 'required') ?? constraints[0] ?? []
  if (name === undefined) return children
  return [
    { path: path === '' || path === 'undefined' ? 'body' : path, code: codeOf(name), message: clean(name, message) },
    ...children,
  ]
}

function codeOf(constraint: string): FaultCode {
  if (constraint === 'whitelistValidation') return 'UNKNOWN_FIELD'
  if (constraint === NOT_AVAILABLE) return 'NOT_AVAILABLE'
  return constraint === 'required' ? 'REQUIRED' : 'INVALID'
}

function clean(constraint: string, message: string | undefined): string {
  if (constraint === 'whitelistValidation') return 'is not a field of this resource'
  if (constraint === 'unknownValue' || constraint === 'nestedValidation') return 'must be an object'
  return message ?? 'is not valid'
}
