import { OptionError } from '../errors.js'
import { callerLocation } from '../location.js'
import { shown } from '../options.js'
import { Tensor } from '../record/index.js'

/** What a number of steps is, in words. */
export const STEPS = 'a whole number of steps, fewer than 2³¹'

/** Whether something is a number of steps; they are counted in i32. */
export const isStepCount = (steps: unknown): steps is number =>
  Number.isInteger(steps) && (steps as number) >= 0 && (steps as number) < 2 ** 31

/** @throws OptionError unless an option is a number of steps. */
export function checkSteps(op: string, option: string, steps: unknown): void {
  if (isStepCount(steps)) return
  throw new OptionError({
    summary: `${op}: \`${option}\` is ${shown(steps)}.`,
    expected: STEPS,
    at: callerLocation(),
    fix:
      steps instanceof Tensor
        ? 'close over the number; whileLoop goes on while a condition holds'
        : undefined,
    data: { option },
  })
}
