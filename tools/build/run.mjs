import { bundle } from './bundle.mjs'

/* The second half of `npm run build`, after the compiler. */
await bundle()
