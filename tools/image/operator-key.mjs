import { createApiKey } from '@hooklane/core/secrets'

/* Prints a new operator key. */
process.stdout.write(`${createApiKey('operator').text}\n`)
