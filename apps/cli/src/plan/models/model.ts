import {
  type Aval,
  OptionError,
  type Program,
  type Recorded,
  record,
  simplify,
  type Tensor,
  type Tree,
  valueAndGrad,
  withLines,
} from '@wengert/tape'
import { withSourceLines } from './source-lines.js'

/** Options that say how large a model is; each model takes some of them. */
export interface ModelOptions {
  readonly batch?: number
  readonly hidden?: readonly number[]
  readonly steps?: number
  readonly layers?: number
  readonly width?: number
  readonly heads?: number
}

/** Names of {@link ModelOptions}. */
export const optionNames = [
  'batch',
  'hidden',
  'steps',
  'layers',
  'width',
  'heads',
] as const satisfies readonly (keyof ModelOptions)[]

/** A gradient to be planned. */
export interface Gradient {
  /** What it is a gradient of, such as `mlp over 1024 rows`. */
  readonly title: string
  /** The options with their defaults. */
  readonly options: ModelOptions
  readonly program: Program
}

/** A model whose gradient can be planned. */
export interface PlannedModel {
  /** The options that mean something for it; `spill` where it has loops, whose states may go to a store. */
  readonly takes: readonly (keyof ModelOptions | 'spill')[]
  gradient(options: ModelOptions): Gradient
}

/** A tree of avals where a model has parameters. */
export type Avals = Aval | { readonly [key: string]: Avals } | readonly Avals[]

/** f32 of a shape. */
export const f32 = (...shape: readonly number[]): Aval => ({ dtype: 'f32', shape })

/** i32 of a shape. */
export const i32 = (...shape: readonly number[]): Aval => ({ dtype: 'i32', shape })

/** How many words a text of bytes has. */
export const BYTES = 256

/** Parameters of a dense layer. */
export const denseAvals = (inputs: number, outputs: number) => ({ w: f32(inputs, outputs), b: f32(outputs) })

/**
 * Value and gradient of a loss, recorded from avals: no parameter is drawn and no row is read. Instructions know the lines of the
 * model that they come from.
 */
export function gradientProgram<const P extends Avals>(
  loss: (params: Recorded<P>, x: Tensor, y: Tensor) => Tensor,
  params: P,
  x: Aval,
  y: Aval,
): Program {
  const ofTrees = loss as unknown as (params: Tree<Tensor>, x: Tensor, y: Tensor) => Tensor
  const gradient = valueAndGrad(ofTrees)
  const recorded = withLines(() =>
    record<readonly unknown[]>(
      (p, x, y) => ({ ...gradient(p as Tree<Tensor>, x as Tensor, y as Tensor) }),
      params,
      x,
      y,
    ),
  )
  return simplify(withSourceLines(recorded.program))
}

/**
 * Refuses options that make a model too large to be counted in.
 *
 * @throws {@link OptionError} if a value of so many numbers has more bytes than one memory can have in all.
 */
export function checkLength(option: string, length: number): void {
  if (length <= MOST_NUMBERS) return
  throw new OptionError({
    summary: `\`${option}\` makes a value of ${length} numbers.`,
    expected: `at most ${MOST_NUMBERS} numbers in a value, which are 4 GiB`,
    data: { option },
  })
}

const MOST_NUMBERS = 2 ** 30
