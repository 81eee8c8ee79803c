/**
 * A fault the user can do something about. The launcher prints the message alone, without a stack trace: it says in
 * one line (more follow only as evidence, such as the end of a log) what is wrong and what to do.
 */
export class StackError extends Error {
  /** @override */
  name = 'StackError'
}
