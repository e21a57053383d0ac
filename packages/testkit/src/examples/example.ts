/** A block of code in documentation that a test runs. */
export interface Example {
  /** The file it stands in, as it was given to the extractor. */
  readonly file: string
  /** The line of its first statement in that file, counted from 1. */
  readonly line: number
  readonly code: string
  /** False for a block that asks not to be run. */
  readonly run: boolean
}
