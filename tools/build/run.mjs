import { bundle } from './bundle.mjs'

/* The second half of a build, after the compiler (tools/stack/build.mjs, Dockerfile). */
await bundle()
