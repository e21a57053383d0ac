import { scaleLinear } from 'd3-scale'

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
