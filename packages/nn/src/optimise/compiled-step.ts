import { ARENA_LIMIT_BYTES, bytesOf, type FloatDType, jit, type Tensor, tensor } from '@wengert/tape'
import type { OptimiserRule, Stepped } from './optimiser.js'

/** A rule's step that reads its settings, such as the rate, as scalars of the parameter's dtype. */
export type StepWithSettings = (
  param: Tensor,
  gradient: Tensor,
  moments: readonly Tensor[],
  weights: readonly Tensor[],
  settings: readonly Tensor[],
) => Stepped

/** Operands and results of a step of any rule here, and one to spare. */
const ARRAYS_AT_ONCE = 8

/**
 * A step that is compiled once for each shape, whatever the settings: optimisers of one kind share it, so one may be
 * made anew for every step of a schedule. Parameters too large for an arena that holds all of a step are computed one
 * operation at a time, with the same bits.
 */
export function compiledStep(
  step: StepWithSettings,
  arenaBytes: number = ARENA_LIMIT_BYTES,
): (...settings: readonly number[]) => OptimiserRule['step'] {
  const compiled = jit(step)
  return (...settings) =>
    (param, gradient, moments, weights) => {
      const scalars = settings.map(setting => tensor(setting, { dtype: param.dtype as FloatDType }))
      const fits = ARRAYS_AT_ONCE * bytesOf(param.aval) <= arenaBytes
      return (fits ? compiled : step)(param, gradient, moments, weights, scalars)
    }
}
