import type { Settings } from '../engine/index.js'

/** An array in f64. */
export interface Numbers {
  readonly shape: readonly number[]
  readonly data: Float64Array
}

type Given = Readonly<Record<string, Numbers>>
/** A value; or the losses of the rows. */
type Reference = (given: Given, settings: Settings) => ArrayLike<number>

const list = (length: number, f: (k: number) => number): Float64Array =>
  Float64Array.from({ length }, (_, k) => f(k))
const total = (length: number, f: (k: number) => number): number =>
  list(length, f).reduce((sum, x) => sum + x, 0)
const of = (given: Given, name: string): Numbers => given[name] as Numbers
const relu = (x: number) => Math.max(x, 0)
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))

/** Rows of x times w, plus b. */
function dense(x: readonly Float64Array[], w: Numbers, b?: Numbers): readonly Float64Array[] {
  const [k, n] = w.shape as [number, number]
  return x.map(row =>
    list(n, j => (b?.data[j] ?? 0) + total(k, i => (row[i] as number) * (w.data[i * n + j] as number))),
  )
}

function rowsOf({ data }: Numbers, count: number): readonly Float64Array[] {
  const length = data.length / count
  return Array.from({ length: count }, (_, k) => data.slice(k * length, (k + 1) * length))
}

const crossEntropies = (logits: readonly Float64Array[], { data: y }: Numbers) =>
  list(logits.length, k => {
    const row = logits[k] as Float64Array
    return Math.log(total(row.length, j => Math.exp(row[j] as number))) - (row[y[k] as number] as number)
  })

const layer = (given: Given, x: readonly Float64Array[], name: string | number) =>
  dense(x, of(given, `w${name}`), of(given, `b${name}`))

const transposed = ({ shape, data }: Numbers): Numbers => {
  const [m, n] = shape as [number, number]
  return { shape: [n, m], data: list(m * n, k => data[(k % m) * n + Math.floor(k / m)] as number) }
}

/** x [n, size, size, c] with w [window, window, c, o]. */
function convolve(x: Numbers, w: Numbers): Numbers {
  const [n, height, width, c] = x.shape as [number, number, number, number]
  const [rows, columns, , o] = w.shape as [number, number, number, number]
  const shape = [n, height - rows + 1, width - columns + 1, o] as const
  const data = new Float64Array(shape.reduce((size, length) => size * length))
  data.forEach((_, at) => {
    const [f, rest] = [at % o, Math.floor(at / o)]
    const [j, i, image] = [
      rest % shape[2],
      Math.floor(rest / shape[2]) % shape[1],
      Math.floor(rest / shape[2] / shape[1]),
    ]
    data[at] = total(rows * columns * c, k => {
      const [channel, q, p] = [k % c, Math.floor(k / c) % columns, Math.floor(k / c / columns)]
      const from = ((image * height + i + p) * width + j + q) * c + channel
      return (x.data[from] as number) * (w.data[((p * columns + q) * c + channel) * o + f] as number)
    })
  })
  return { shape, data }
}

/** The largest of each 2×2, or another number that is made of them. */
function pool({ shape, data }: Numbers, combine: (...four: number[]) => number = Math.max): Numbers {
  const [n, height, width, c] = shape as [number, number, number, number]
  const out = [n, height / 2, width / 2, c] as const
  const largest = list((n * height * width * c) / 4, at => {
    const [channel, rest] = [at % c, Math.floor(at / c)]
    const [j, i, image] = [
      rest % out[2],
      Math.floor(rest / out[2]) % out[1],
      Math.floor(rest / out[2] / out[1]),
    ]
    const four = [0, 1, 2, 3].map(k => {
      const [row, column] = [2 * i + (k >> 1), 2 * j + (k & 1)]
      return data[((image * height + row) * width + column) * c + channel] as number
    })
    return combine(...four)
  })
  return { shape: out, data: largest }
}

/** Means of squared outputs over steps and units, a number a row. */
function recurrent(
  given: Given,
  { rowsFirst }: Settings,
  step: (gates: Float64Array, cell: Float64Array) => Float64Array,
) {
  const [first, second] = of(given, 'x').shape as [number, number]
  const [steps, rows] = rowsFirst ? [second, first] : [first, second]
  const units = of(given, 'wh').shape[0] as number
  const xs = rowsOf(of(given, 'x'), steps * rows)
  return list(rows, row => {
    let h: Float64Array = new Float64Array(units)
    const cell = new Float64Array(units)
    let sum = 0
    for (let t = 0; t < steps; t++) {
      const [fromX] = dense(
        [xs[rowsFirst ? row * steps + t : t * rows + row] as Float64Array],
        of(given, 'wx'),
        of(given, 'b'),
      ) as [Float64Array]
      const [fromH] = dense([h], of(given, 'wh')) as [Float64Array]
      h = step(
        fromX.map((x, k) => x + (fromH[k] as number)),
        cell,
      )
      sum += total(units, k => (h[k] as number) ** 2)
    }
    return sum / (steps * units)
  })
}

function layerNorm(given: Given, k: number, x: readonly Float64Array[]) {
  return x.map(row => {
    const mean = total(row.length, i => row[i] as number) / row.length
    const variance = total(row.length, i => ((row[i] as number) - mean) ** 2) / row.length
    return row.map(
      (one, i) =>
        ((one - mean) / Math.sqrt(variance + 1e-5)) * (of(given, `scale${k}`).data[i] as number) +
        (of(given, `shift${k}`).data[i] as number),
    )
  })
}

/** Each column, which lies along the last axis, with its own mean and variance. */
function batchNorm(given: Given, { shape, data }: Numbers): Float64Array {
  const units = shape.at(-1) as number
  const places = data.length / units
  const mean = (j: number, f: (x: number) => number) =>
    total(places, i => f(data[i * units + j] as number)) / places
  const means = list(units, j => mean(j, x => x))
  const variances = list(units, j => mean(j, x => (x - (means[j] as number)) ** 2))
  return data.map((x, k) => {
    const j = k % units
    const standard = (x - (means[j] as number)) / Math.sqrt((variances[j] as number) + 1e-5)
    return standard * (of(given, 'scale1').data[j] as number) + (of(given, 'shift1').data[j] as number)
  })
}

/** A layer's output, or its inner product with a cotangent for each row. */
function contracted(given: Given, { of: which }: Settings, out: Float64Array): Float64Array {
  if (which === 'value') return out
  const rows = of(given, 'x').shape[0] as number
  const products = out.map((x, k) => x * (of(given, 'ct').data[k] as number))
  return list(rows, row => total(out.length / rows, k => products[(row * out.length) / rows + k] as number))
}

const sum = (a: readonly Float64Array[], b: readonly Float64Array[]) =>
  a.map((row, i) => row.map((x, k) => x + ((b[i] as Float64Array)[k] as number)))

function transformer(given: Given, { heads }: Settings): ArrayLike<number> {
  const [rows, length, features] = of(given, 'x').shape as [number, number, number]
  const width = features / (heads as number)
  return list(rows, one => {
    const x = rowsOf({ shape: [], data: rowsOf(of(given, 'x'), rows)[one] as Float64Array }, length)
    const [q, k, v] = ['q', 'k', 'v'].map(name => layer(given, layerNorm(given, 1, x), name)) as [
      readonly Float64Array[],
      readonly Float64Array[],
      readonly Float64Array[],
    ]
    const attended = q.map(query =>
      list(features, at => {
        const from = Math.floor(at / width) * width
        const weights = k.map(key =>
          Math.exp(
            total(width, d => (query[from + d] as number) * (key[from + d] as number)) / Math.sqrt(width),
          ),
        )
        const all = weights.reduce((sum, weight) => sum + weight)
        return total(length, j => ((weights[j] as number) / all) * ((v[j] as Float64Array)[at] as number))
      }),
    )
    const y = sum(x, layer(given, attended, 'o'))
    const hidden = layer(given, layerNorm(given, 2, y), 1).map(row => row.map(relu))
    const out = sum(y, layer(given, hidden, 2))
    return (
      total(length, i => total(features, j => ((out[i] as Float64Array)[j] as number) ** 2)) /
      (length * features)
    )
  })
}

function pendulum(given: Given, { steps }: Settings): ArrayLike<number> {
  const h = 10 / (steps as number)
  const slope = ([q, v]: readonly [number, number]) => [v, -Math.sin(q) - v / 10] as const
  let y: readonly [number, number] = [of(given, 'q').data[0] as number, of(given, 'v').data[0] as number]
  for (let k = 0; k < (steps as number); k++) {
    const at = (by: readonly [number, number], length: number) =>
      [y[0] + length * by[0], y[1] + length * by[1]] as const
    const k1 = slope(y)
    const k2 = slope(at(k1, h / 2))
    const k3 = slope(at(k2, h / 2))
    const k4 = slope(at(k3, h))
    const mean = (p: 0 | 1) => (k1[p] + 2 * k2[p] + 2 * k3[p] + k4[p]) / 6
    y = at([mean(0), mean(1)], h)
  }
  return [y[0] ** 2 + y[1] ** 2]
}

const functions: Readonly<Record<string, (x: number) => number>> = {
  exp: Math.exp,
  tanh: Math.tanh,
  log: Math.log,
  sigmoid,
  // 2/√π Σ (−1)ⁿ x²ⁿ⁺¹ / (n! (2n + 1))
  erf(x) {
    let [term, series] = [x, x]
    for (let n = 1; n < 40; n++) {
      term *= (-x * x) / n
      series += term / (2 * n + 1)
    }
    return (2 / Math.sqrt(Math.PI)) * series
  },
}

/** What tasks are, in loops over numbers. */
export const references: Readonly<Record<string, Reference>> = {
  matmul(given, { form }) {
    const a = form === 'Aᵀ·B' ? transposed(of(given, 'a')) : of(given, 'a')
    const b = form === 'A·Bᵀ' ? transposed(of(given, 'b')) : of(given, 'b')
    return dense(rowsOf(a, a.shape[0] as number), b).flatMap(row => [...row])
  },
  map: (given, { op }) => of(given, 'x').data.map(functions[op as string] as (x: number) => number),
  chain: (given, { k }) =>
    of(given, 'x').data.map(first => {
      let x = first
      for (let step = 0; step < (k as number); step++) x = [x / 2, x + 1, x * x, x - 0.25][step % 4] as number
      return x
    }),
  layer(given) {
    const [w, b] = [of(given, 'w').data, of(given, 'b').data]
    return of(given, 'x').data.map((x, k) =>
      Math.tanh(x * (w[k % w.length] as number) + (b[k % b.length] as number)),
    )
  },
  classification: given =>
    crossEntropies(rowsOf(of(given, 'x'), of(given, 'x').shape[0] as number), of(given, 'y')),
  bias(given) {
    const [rows, units] = of(given, 'ct').shape as [number, number]
    const [b, ct, rate] = [of(given, 'b').data, of(given, 'ct').data, of(given, 'rate').data[0] as number]
    return list(units, j => (b[j] as number) - rate * total(rows, i => ct[i * units + j] as number))
  },
  normalisation(given, settings) {
    const x = of(given, 'x')
    if (settings.layer === 'batch norm') return contracted(given, settings, batchNorm(given, x))
    const rows = layerNorm(given, 1, rowsOf(x, x.data.length / (x.shape.at(-1) as number)))
    return contracted(given, settings, Float64Array.from(rows.flatMap(row => [...row])))
  },
  pooling(given, settings) {
    const mean = (...four: number[]) => four.reduce((sum, x) => sum + x, 0) / 4
    const { data } = pool(of(given, 'x'), settings.layer === 'max pool' ? Math.max : mean)
    return contracted(given, settings, data)
  },
  sum: given => [of(given, 'x').data.reduce((sum, x) => sum + x, 0)],
  convolution(given, { of: which }) {
    const [x, w, ct] = [of(given, 'x'), of(given, 'w'), of(given, 'ct')]
    if (which === 'value') return convolve(x, w).data
    // ⟨x * w, ct⟩ is linear in each: its slope along an element is its value at that element's unit vector.
    const wanted = which === 'x' ? x : w
    const inner = (one: Numbers) => {
      const { data } = which === 'x' ? convolve(one, w) : convolve(x, one)
      return total(data.length, k => (data[k] as number) * (ct.data[k] as number))
    }
    return list(wanted.data.length, k =>
      inner({ shape: wanted.shape, data: list(wanted.data.length, i => (i === k ? 1 : 0)) }),
    )
  },
  scalars(given, { operations, third }) {
    const x = Object.values(given).map(({ data }) => data)
    return list(x[0]?.length ?? 0, row => {
      const input = (k: number) => {
        const own = x[k % x.length]
        return own?.[own.length === 1 ? 0 : row] as number
      }
      let [v, s] = [input(0), input(1)]
      for (let k = 0; k < (operations as number); k++) {
        if (k % 4 === 3) s += v
        else {
          const last = third === 'sin' ? Math.sin(v) : v - input(k)
          v = [v * input(k / 4 + 2), v + input(3 * k), last][k % 4] as number
        }
      }
      return s
    })
  },
  mlp(given) {
    const x = rowsOf(of(given, 'x'), of(given, 'x').shape[0] as number)
    const hidden = [1, 2].reduce((v, k) => layer(given, v, k).map(row => row.map(relu)), x)
    return crossEntropies(layer(given, hidden, 3), of(given, 'y'))
  },
  cnn(given) {
    const features = [1, 2].reduce(
      (x, k) => {
        const { shape, data } = convolve(x, of(given, `w${k}`))
        const b = of(given, `b${k}`).data
        return pool({ shape, data: data.map((one, at) => relu(one + (b[at % b.length] as number))) })
      },
      of(given, 'x'),
    )
    return crossEntropies(layer(given, rowsOf(features, features.shape[0] as number), 3), of(given, 'y'))
  },
  rnn: (given, settings) => recurrent(given, settings, gates => gates.map(Math.tanh)),
  lstm: (given, settings) =>
    recurrent(given, settings, (gates, cell) => {
      const gate = (part: number, k: number) => gates[part * cell.length + k] as number
      return cell.map((c, k) => {
        cell[k] = sigmoid(gate(1, k)) * c + sigmoid(gate(0, k)) * Math.tanh(gate(2, k))
        return sigmoid(gate(3, k)) * Math.tanh(cell[k] as number)
      })
    }),
  transformer,
  rosenbrock(given) {
    const { data: x } = of(given, 'x')
    const at = (k: number) => x[k] as number
    return [total(x.length - 1, k => 100 * (at(k + 1) - at(k) ** 2) ** 2 + (1 - at(k)) ** 2)]
  },
  ode: pendulum,
}
