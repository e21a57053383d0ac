/** Graphs for tests and benchmarks. */
import type { Graph, GraphInput, Step } from './graph.js'

/** Adds storages and steps in order. */
export class GraphBuilder {
  readonly #bytes: number[] = []
  readonly #inputs: GraphInput[] = []
  readonly #steps: Step[] = []

  input(bytes: number, pinned = true): number {
    this.#inputs.push({ storage: this.#bytes.length, pinned })
    return this.#bytes.push(bytes) - 1
  }

  step(inputs: readonly number[], outputBytes: readonly number[], cost = 1, scratchBytes = 0): number[] {
    const outputs = outputBytes.map(bytes => this.#bytes.push(bytes) - 1)
    this.#steps.push({ inputs, outputs, scratchBytes, cost })
    return outputs
  }

  graph(outputs: readonly number[]): Graph {
    return { bytes: this.#bytes, inputs: this.#inputs, steps: this.#steps, outputs }
  }
}

/** A chain of `length` equal layers and its pullback: 2·length steps, every primal a residual. */
export function chain(length: number, bytes = 1024): Graph {
  const b = new GraphBuilder()
  const primals = [b.input(bytes)]
  for (let k = 0; k < length; k++) primals.push(b.step([primals[k]!], [bytes])[0]!)
  let cotangent = primals[length]!
  for (let k = length - 1; k >= 0; k--) cotangent = b.step([cotangent, primals[k]!], [bytes])[0]!
  return b.graph([cotangent])
}

/** Dense layers with tanh, trained: parameters pinned, batch and labels not, a gradient for each parameter. */
export function perceptron(layers: number, width = 64, rows = 32): Graph {
  const b = new GraphBuilder()
  const row = rows * 4
  const weights = Array.from({ length: layers }, () => b.input(width * width * 4))
  const labels = b.input(row * 16, false)
  const primals = [b.input(row * width, false)]
  const matmul = 2 * rows * width * width
  for (let k = 0; k < layers; k++) {
    const product = b.step([primals[k]!, weights[k]!], [row * width], matmul)[0]!
    primals.push(b.step([product], [row * width], rows * width * 10)[0]!)
  }
  let [loss, ct] = b.step([primals[layers]!, labels], [16, row * width], rows * width * 4, row) as [
    number,
    number,
  ]
  const gradients: number[] = []
  for (let k = layers - 1; k >= 0; k--) {
    ct = b.step([ct, primals[k + 1]!], [row * width], rows * width * 3)[0]!
    gradients.push(b.step([primals[k]!, ct], [width * width * 4], matmul)[0]!)
    if (k > 0) ct = b.step([ct, weights[k]!], [row * width], matmul)[0]!
  }
  return b.graph([loss, ...gradients])
}

/** Residual blocks with attention-like insides of uneven sizes: skips, two-result norms, a large square residual. */
export function transformer(blocks: number, rows = 64, width = 64): Graph {
  const b = new GraphBuilder()
  const size = rows * width * 4
  const square = rows * rows * 16
  const product = 2 * rows * width * width
  const pullbacks: ((ct: number) => number)[] = []
  const gradients: number[] = []
  let stream = b.input(size, false)
  const linear = (x: number, grow = 1) => {
    const w = b.input(width * width * 4 * grow)
    const y = b.step([x, w], [size * grow], product * grow)[0]!
    const back = (ct: number) => {
      gradients.push(b.step([x, ct], [width * width * 4 * grow], product * grow)[0]!)
      return b.step([ct, w], [size], product * grow)[0]!
    }
    return { y, back }
  }
  for (let k = 0; k < blocks; k++) {
    const x = stream
    const [normed, stats] = b.step([x], [size, rows * 16], size) as [number, number]
    const q = linear(normed)
    const v = linear(normed)
    const scores = b.step([q.y, normed], [square], product)[0]!
    const soft = b.step([scores], [square], square * 2)[0]!
    const mixed = b.step([soft, v.y], [size], product)[0]!
    const up = linear(mixed, 4)
    const act = b.step([up.y], [size * 4], size * 8)[0]!
    const down = b.step([act], [size], product * 4)[0]!
    stream = b.step([x, down], [size], size / 4)[0]!
    pullbacks.push(ct => {
      const ctAct = b.step([ct], [size * 4], product * 4)[0]!
      const ctUp = b.step([ctAct, up.y], [size * 4], size * 8)[0]!
      const ctMixed = up.back(ctUp)
      const ctSoft = b.step([ctMixed, v.y], [square], product)[0]!
      const ctV = b.step([ctMixed, soft], [size], product)[0]!
      const ctScores = b.step([ctSoft, soft], [square], square * 3, rows * 16)[0]!
      const ctQ = b.step([ctScores, normed], [size], product)[0]!
      const sum = b.step([q.back(ctQ), v.back(ctV)], [size], size / 4)[0]!
      const below = b.step([sum, x, stats], [size], size * 2)[0]!
      return b.step([ct, below], [size], size / 4)[0]!
    })
  }
  const [loss, ct] = b.step([stream], [16, size], size) as [number, number]
  pullbacks.reduceRight((down, pull) => pull(down), ct)
  return b.graph([loss, ...gradients])
}

/**
 * Any graph at all, decoded from a list of naturals that is read in a circle: pinned and unpinned inputs, steps with
 * several or no operands and results, repeated operands, scratch, zero bytes, outputs that are inputs or repeat.
 */
export function decodeGraph(numbers: readonly number[], maxSteps: number, maxInputs = 4): Graph {
  let at = 0
  const draw = (limit: number) => ((numbers[at++ % numbers.length] ?? 0) + at * at) % limit
  const size = () => [16, 32, 48, 64, 128, 256, 0, 16][draw(8)]!
  const b = new GraphBuilder()
  const storages: number[] = []
  const inputs = 1 + draw(maxInputs)
  for (let k = 0; k < inputs; k++) storages.push(b.input(size(), draw(2) === 0))
  const steps = 1 + draw(maxSteps)
  // half of the operands are recent
  const operand = () => {
    const back = draw(2) === 0 ? draw(Math.min(3, storages.length)) : draw(storages.length)
    return storages[storages.length - 1 - back]!
  }
  for (let k = 0; k < steps; k++) {
    const operands = Array.from({ length: [1, 1, 2, 2, 3, 0][draw(6)]! }, operand)
    const results = Array.from({ length: [1, 1, 1, 1, 2, 3, 1, 0][draw(8)]! }, size)
    storages.push(...b.step(operands, results, draw(10), [0, 0, 0, 16, 40, 64][draw(6)]!))
  }
  return b.graph(Array.from({ length: 1 + draw(3) }, () => storages[draw(storages.length)]!))
}
