/**
 * A fault that the user can fix. The launcher prints only the message, without a stack trace. The first line of the message
 * says what is wrong and what to do. Further lines are evidence, such as the end of a log.
 */
export class StackError extends Error {
  /** @override */
  name = 'StackError'
}
