import { scaleLinear, scaleSymlog } from 'd3-scale'

/** A binary unit of bytes. */
export interface Unit {
  readonly name: string
  readonly bytes: number
}

const UNITS: readonly Unit[] = ['B', 'KiB', 'MiB', 'GiB', 'TiB'].map((name, k) => ({
  name,
  bytes: 1024 ** k,
}))

/** The largest unit of which there is at least one. */
export const unitOf = (bytes: number): Unit =>
  UNITS.findLast(unit => bytes >= unit.bytes) ?? (UNITS[0] as Unit)

/** About so many round multiples of a unit within a range. */
export const ticksOf = (range: readonly [number, number], count: number, unit: number): readonly number[] =>
  scaleLinear()
    .domain(range.map(end => end / unit))
    .ticks(count)
    .map(tick => tick * unit)

/** Where values lie on an axis that begins at 0, and which of them are marked. */
export interface Axis {
  readonly isLogarithmic: boolean
  place(value: number): number
  valueAt(place: number): number
  readonly ticks: readonly number[]
}

/** An axis is logarithmic where the largest value is so many times the median. */
const HUGE = 8

/** An axis for values from 0 on: logarithmic where one is so large that the others would lie on the bottom. */
export function axisOf(values: readonly number[], count: number): Axis {
  const sorted = values.toSorted((a, b) => a - b)
  const [most, median] = [sorted.at(-1) ?? 0, sorted[sorted.length >> 1] ?? 0]
  if (median === 0 || most <= HUGE * median) {
    const same = (value: number) => value
    return { isLogarithmic: false, place: same, valueAt: same, ticks: ticksOf([0, most], count, 1) }
  }
  // straight up to about the median, so that 0 has a place
  const scale = scaleSymlog().constant(median).domain([0, most]).range([0, 1])
  const ticks = [0]
  for (let tick = most; ticks.length <= count && tick > median / 2; tick /= Math.cbrt(most / median)) {
    const unit = 10 ** Math.floor(Math.log10(tick))
    ticks.push(Math.floor(tick / unit) * unit)
  }
  return { isLogarithmic: true, place: scale, valueAt: place => scale.invert(place), ticks }
}
