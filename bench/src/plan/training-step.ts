/**
 * The training step of a network as a graph of storages and steps: one step a layer forward, the loss, and then backward
 * steps, of either kind. As derivatives have it, one for each input of a layer, which reads what the pullback needs of the
 * layer's inputs and output, and the cotangents that came from its readers, summed on the way. As in the
 * graphs that Jain et al. 2020 (Checkmate) publish, which know no derivatives, one for each layer, as large as its output:
 * it reads this output, those of the layers that read it, and their gradients.
 *
 * Parameters and the batch are constant and left out, and so are gradients of parameters, which are the same bytes in
 * every plan; the loss is read when it is computed, so nothing has to stay to the end. Numbers are f32. Backward costs
 * twice as much as forward, and by derivatives half of it where the batch is the input and only gradients of parameters
 * are computed.
 */
import type { Graph, Step } from '@wengert/tape'
import type { Layer } from './layers.js'

/** A training step, and where its forward part ends. */
export interface TrainingStep {
  readonly graph: Graph
  /** Steps before this one run forward; it is the loss. */
  readonly loss: number
}

const TOKEN_BYTES = 16

/** A move reads and writes its bytes, and counts as one FLOP a number where moving costs nothing. */
const moving = (flopsPerByte: number) => ({ costPerByte: Math.max(1 / 4, 2 * flopsPerByte), recordBytes: 0 })

/** Steps as they are added; storage k is written by step k alone. */
class Steps {
  readonly #bytes: number[] = []
  readonly #steps: Step[] = []
  readonly #flopsPerByte: number

  /**
   * @param flopsPerByte FLOP that take as long as moving one byte of operands and results: a step costs what takes longer
   *   (Williams et al. 2009, the roofline). 0: layers that only move numbers are free; 17 for the GPU of Jain et al.
   */
  constructor(flopsPerByte: number) {
    this.#flopsPerByte = flopsPerByte
  }

  add(inputs: readonly number[], outputBytes: number, flops: number): number {
    const bytes = this.#bytes
    const storage = bytes.push(Math.ceil(outputBytes / TOKEN_BYTES) * TOKEN_BYTES) - 1
    const distinct = [...new Set(inputs)]
    const moved = [...distinct, storage].reduce((sum, one) => sum + bytes[one]!, 0)
    const cost = Math.max(flops, this.#flopsPerByte * moved)
    this.#steps.push({ inputs: distinct, outputs: [storage], scratchBytes: 0, cost })
    return storage
  }

  graph(): Graph {
    return {
      bytes: this.#bytes,
      inputs: [],
      steps: this.#steps,
      outputs: [],
      move: moving(this.#flopsPerByte),
    }
  }
}

/** Turns layers into a training step over `batch` examples, backward as derivatives have it. */
export function trainingStep(layers: readonly Layer[], batch: number, flopsPerByte = 0): TrainingStep {
  const steps = new Steps(flopsPerByte)
  const bytesOf = (layer: number) => layers[layer]!.elements * batch * 4
  layers.forEach(({ inputs, flops }, k) => {
    steps.add(inputs, bytesOf(k), flops * batch)
  })
  const last = layers.length - 1
  const loss = steps.add([last], TOKEN_BYTES, layers[last]!.elements * batch)
  const cotangents: number[][] = layers.map(() => [])
  cotangents[last]!.push(steps.add([last, loss], bytesOf(last), layers[last]!.elements * batch))
  for (let k = last; k >= 0; k--) {
    const { inputs, flops, reads } = layers[k]!
    const operands = [
      ...(reads === 'inputs' || reads === 'both' ? inputs : []),
      ...(reads === 'output' || reads === 'both' ? [k] : []),
      ...cotangents[k]!,
    ]
    for (const input of inputs) {
      cotangents[input]!.push(steps.add(operands, bytesOf(input), (2 * flops * batch) / inputs.length))
    }
    if (inputs.length === 0) steps.add(operands, TOKEN_BYTES, flops * batch)
  }
  return { graph: steps.graph(), loss }
}

/** Turns layers into a training step over `batch` examples, as in the graphs of Jain et al. 2020. */
export function publishedStep(layers: readonly Layer[], batch: number, flopsPerByte = 0): TrainingStep {
  const steps = new Steps(flopsPerByte)
  const bytesOf = (layer: number) => layers[layer]!.elements * batch * 4
  const readers: number[][] = layers.map(() => [])
  layers.forEach(({ inputs, flops }, k) => {
    for (const input of inputs) readers[input]!.push(k)
    steps.add(inputs, bytesOf(k), flops * batch)
  })
  const last = layers.length - 1
  const loss = steps.add([last], 4 * batch, 0)
  const gradientOf = (layer: number) => loss + 1 + last - layer
  for (let k = last; k >= 0; k--) {
    const above = k === last ? [loss] : readers[k]!.map(gradientOf)
    steps.add([k, ...readers[k]!, ...above], bytesOf(k), 2 * layers[k]!.flops * batch)
  }
  return { graph: steps.graph(), loss }
}
