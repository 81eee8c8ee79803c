import { createApiKey } from '@hooklane/core/access'

/* Prints a new operator key. */
process.stdout.write(`${createApiKey('operator').text}\n`)
