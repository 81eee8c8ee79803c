/** A fault of the bundle. The message explains the fault and says how to fix it. */
export class BuildFault extends Error {}
