import { checkAmount, checkArgument, checkOptions } from '../options.js'

/** What a program is planned for. */
export interface PlanningOptions {
  /** Bytes the executable may need in all; default: as many as it takes to compute everything once. */
  readonly memoryBytes?: number | undefined
  /** Bytes of a store in which loops may keep states; default: none. The arena that runs it must have a store then. */
  readonly spillBytes?: number | undefined
  /** Inputs that keep their bytes from run to run, by position; default: none. */
  readonly pinned?: readonly boolean[] | undefined
}

const NAMES = ['memoryBytes', 'spillBytes', 'pinned']

/**
 * Checks options of planning, and that there are no others.
 *
 * @param further names of other options
 * @throws {@link OptionError} for any that is not what it has to be.
 */
export function checkPlanningOptions(
  owner: string,
  options: PlanningOptions,
  further: readonly string[] = [],
): void {
  const { memoryBytes, spillBytes, pinned = [] } = checkOptions(owner, options, [...NAMES, ...further])
  checkAmount(owner, 'memoryBytes', memoryBytes)
  checkAmount(owner, 'spillBytes', spillBytes)
  const areFlags = Array.isArray(pinned) && pinned.every(one => typeof one === 'boolean')
  checkArgument(owner, '`pinned`', pinned, areFlags, 'a list of booleans')
}
