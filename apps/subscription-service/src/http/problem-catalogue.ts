import { DELIVERY_POLICY_LIMITS } from '@hooklane/contracts/records'
import type { HeaderFaultCode, TargetFaultCode } from '@hooklane/core/delivery'

/**
 * Every error that the API can return. Clients branch on the code; each code has one status. The OpenAPI document is generated from this
 * list, and a `Problem` can have no other code.
 */
export const PROBLEMS = {
  INVALID: { status: 400, detail: 'limit: must be a whole number from 1 to 100' },
  UNKNOWN_FIELD: { status: 400, detail: 'colour: is not a field of this resource' },
  MALFORMED_JSON: { status: 400, detail: 'the body is not valid JSON: an object is expected' },
  BODY_TOO_DEEP: { status: 400, detail: 'the body must not exceed 32 levels' },
  COMPANY_REQUIRED: {
    status: 400,
    detail: 'with an operator key, name the company in the header Hooklane-Company',
  },
  UNAUTHORIZED: { status: 401, detail: 'a valid API key is required: Authorization: Bearer <key>' },
  FORBIDDEN: { status: 403, detail: 'this needs the role editor' },
  NOT_FOUND: { status: 404, detail: 'there is no such app' },
  ID_TAKEN: { status: 409, detail: 'this id belongs to another company' },
  EXTERNAL_ID_TAKEN: { status: 409, detail: 'externalId: another app of the company has this externalId' },
  WORKER_GROUP_CLASH: {
    status: 409,
    detail: 'id: the worker group name derived from this id belongs to an app with a similar id',
  },
  WORKER_MODE_FIXED: { status: 409, detail: 'worker.mode: cannot change once the app has had a subscription' },
  WORKER_GROUP_FIXED: {
    status: 409,
    detail: 'partitions and slots of the worker group shared-shopware cannot change after the group was created',
  },
  IDEMPOTENCY_KEY_IN_PROGRESS: {
    status: 409,
    detail: 'the first request with this Idempotency-Key is still in progress: try again',
  },
  PRECONDITION_FAILED: { status: 412, detail: 'another request changed the resource: read it again' },
  BODY_TOO_LARGE: { status: 413, detail: 'the body must not exceed 262144 bytes' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, detail: 'the body must be application/json' },
  NOT_AVAILABLE: { status: 422, detail: 'coalesce: is not available yet; only false is accepted' },
  INTERVAL_OR_BACKOFF: { status: 422, detail: 'delivery.retry: must have either interval or backoff, not both' },
  BACKOFF_ORDER: { status: 422, detail: 'delivery.retry.backoff: first must not exceed max' },
  SECRETS_REQUIRED: {
    status: 422,
    detail:
      'target.headers: X-Api-Key: the URL changes to another origin: send the secret values again, or omit these headers',
  },
  SCHEDULE_TOO_LONG: {
    status: 422,
    detail: `delivery.retry: the retries must end within ${DELIVERY_POLICY_LIMITS.scheduleHours} hours: use fewer attempts or shorter delays`,
  },
  WORKER_GROUP_NAME: {
    status: 422,
    detail: 'name: must be shared-<app type>: a dedicated group is created with its app',
  },
  KEY_ROLE: { status: 422, detail: 'role: must be viewer: a key of one app can only read' },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    detail: 'this Idempotency-Key was used for another request: use a new one for each request',
  },
  TOO_MANY_WRONG_KEYS: { status: 429, detail: 'too many wrong API keys from this address' },
  INTERNAL: { status: 500, detail: 'the request failed; the reason is in the log' },
  DATABASE_UNAVAILABLE: { status: 503, detail: 'the database does not answer; try again' },
  EVENTS_END_UNKNOWN: {
    status: 503,
    detail: 'the offset at which the events of the deleted company end cannot be read from Kafka; try again',
  },
  WORKER_GROUP_NOT_READY: {
    status: 503,
    detail: 'the worker group dedicated-app-42-1 is not ready: Kafka does not answer, so its topics cannot be created',
  },
} as const

export type ProblemCode = keyof typeof PROBLEMS

/** Codes that only the error of a single field can have, never a whole `Problem`. */
const FIELD_CODES = ['REQUIRED', 'CURSOR_INVALID'] as const
const TARGET_CODES = {
  URL_TOO_LONG: true,
  URL_CHARACTERS: true,
  URL_SCHEME: true,
  URL_INVALID: true,
  URL_USERINFO: true,
  URL_FRAGMENT: true,
  URL_PORT: true,
  HOST_NOT_PUBLIC: true,
  ADDRESS_BLOCKED: true,
} satisfies Record<TargetFaultCode, true>
const HEADER_CODES = {
  HEADER_NAME: true,
  HEADER_VALUE: true,
  HEADER_RESERVED: true,
  HEADER_REPEATED: true,
  HEADER_COUNT: true,
} satisfies Record<HeaderFaultCode, true>

export type FaultCode = ProblemCode | (typeof FIELD_CODES)[number] | TargetFaultCode | HeaderFaultCode

export const PROBLEM_CODES = Object.keys(PROBLEMS) as readonly ProblemCode[]

export const FAULT_CODES: readonly string[] = [
  ...PROBLEM_CODES,
  ...FIELD_CODES,
  ...Object.keys(TARGET_CODES),
  ...Object.keys(HEADER_CODES),
]
