/** A fault of the bundle that its message explains: how to remove it is part of the message. */
export class BuildFault extends Error {}
