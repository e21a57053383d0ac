/**
 * The training step of a network as a graph of storages and steps, as Jain et al. 2020 (Checkmate) model it: one
 * step a layer forward, the loss, and backward one step for each input of a layer, which reads what the pullback
 * needs of the layer's inputs and output, and the cotangents that came from its readers, summed on the way.
 *
 * Parameters and the batch are constant and left out, and so are gradients of parameters, which are the same bytes in
 * every plan; the loss is read when it is computed, so nothing has to stay to the end. Numbers are f32. Backward costs twice as much as forward, half of it where the batch is the input and
 * only gradients of parameters are computed.
 */
import type { Graph, Step } from '@wengert/tape'
import type { Layer } from './layers.js'

/** A training step, and where its forward part ends. */
export interface TrainingStep {
  readonly graph: Graph
  /** Steps before this one run forward; it is the loss. */
  readonly loss: number
}

/** How residuals are chosen. */
export interface TrainingOptions {
  /**
   * `'needed'`: those that derivatives read. `'all'`: inputs and output of every layer, as in Checkmate's published
   * graphs, which know no derivatives.
   */
  readonly residuals?: 'needed' | 'all'
  /**
   * FLOP that take as long as moving one byte of operands and results: a step costs what takes longer (Williams et al.
   * 2009, the roofline). Default 0, where layers that only move numbers are nearly free; 17 for the GPU of Jain et al.
   */
  readonly flopsPerByte?: number
}

const TOKEN_BYTES = 16

/** A move reads and writes its bytes, and counts as one FLOP a number where moving costs nothing. */
const moving = (flopsPerByte: number) => ({ costPerByte: Math.max(1 / 4, 2 * flopsPerByte), recordBytes: 0 })

/** Turns layers into a training step over `batch` examples. Storage k is written by step k alone. */
export function trainingStep(
  layers: readonly Layer[],
  batch: number,
  { residuals = 'needed', flopsPerByte = 0 }: TrainingOptions = {},
): TrainingStep {
  const bytes: number[] = []
  const steps: Step[] = []
  const step = (inputs: readonly number[], outputBytes: number, flops: number): number => {
    const storage = bytes.push(Math.ceil(outputBytes / TOKEN_BYTES) * TOKEN_BYTES) - 1
    const distinct = [...new Set(inputs)]
    const moved = [...distinct, storage].reduce((sum, one) => sum + bytes[one]!, 0)
    const cost = Math.max(flops, flopsPerByte * moved)
    steps.push({ inputs: distinct, outputs: [storage], scratchBytes: 0, cost })
    return storage
  }
  const bytesOf = (layer: number) => layers[layer]!.elements * batch * 4
  layers.forEach(({ inputs, flops }, k) => {
    step(inputs, bytesOf(k), flops * batch)
  })

  const last = layers.length - 1
  const loss = step([last], TOKEN_BYTES, layers[last]!.elements * batch)
  const cotangents: number[][] = layers.map(() => [])
  cotangents[last]!.push(step([last, loss], bytesOf(last), layers[last]!.elements * batch))
  for (let k = last; k >= 0; k--) {
    const { inputs, flops, reads } = layers[k]!
    const read = residuals === 'all' ? 'both' : reads
    const operands = [
      ...(read === 'inputs' || read === 'both' ? inputs : []),
      ...(read === 'output' || read === 'both' ? [k] : []),
      ...cotangents[k]!,
    ]
    for (const input of inputs) {
      cotangents[input]!.push(step(operands, bytesOf(input), (2 * flops * batch) / inputs.length))
    }
    if (inputs.length === 0) step(operands, TOKEN_BYTES, flops * batch)
  }
  return { graph: { bytes, inputs: [], steps, outputs: [], move: moving(flopsPerByte) }, loss }
}
