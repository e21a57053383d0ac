import { Tensor, type Tree } from '@wengert/tape'
import type { Input } from './input.js'

/** What JSON can say. */
export type Json = number | string | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** A function of an eval on one input: what is timed, and how its result is written. */
export interface Task<R = unknown> {
  run(): R
  output(result: R): Json
}

/** A function of an eval: reads its input and prepares what is run. */
export type Prepare = (input: Input) => Task

/** The functions of a module, by name. */
export type Module = Readonly<Record<string, Prepare>>

/** A task whose result is a tree of tensors, written as nested arrays. */
export const task = (run: () => Tree<Tensor>): Task => ({ run, output: written as (result: unknown) => Json })

function written(tree: Tree<Tensor>): Json {
  if (tree instanceof Tensor) return tree.toArray() as Json
  if (Array.isArray(tree)) return tree.map(written)
  return Object.fromEntries(Object.entries(tree).map(([key, child]) => [key, written(child as Tree<Tensor>)]))
}
