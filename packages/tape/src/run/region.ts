import { largestWorkingSetBytes, leastBytes, type Plan, plan } from '../plan/index.js'
import { type Program, unique } from '../program/index.js'
import { type LaidOut, layOut } from './lay-out.js'
import type { Inner, Lowered, Place } from './lowered.js'
import type { Unit } from './unit.js'

/** Plans a program inside of an instruction, with a place for each of its inputs. */
export type Enclose = (program: Program, places: readonly Place[]) => Region

/**
 * Regions by what they run. While ways to run a program are compared, the same programs inside of its instructions come
 * again and again; each is planned once. So does the program itself for one budget after another; it is lowered once, and
 * the planner recognises its graph.
 */
export class Regions {
  /** What instructions are lowered to, by their ops, avals and parameters. */
  readonly units = new Map<string, Unit | 'alias'>()
  readonly #known = new Map<Program, Map<string, Region>>()
  readonly #lowered: Readonly<Record<Inner, WeakMap<Program, Lowered>>> = {
    ample: new WeakMap(),
    least: new WeakMap(),
    floor: new WeakMap(),
  }

  /** @param lower lowers the program, where that was not done before */
  lowered(program: Program, inner: Inner, lower: () => Lowered): Lowered {
    const lowered = this.#lowered[inner].get(program) ?? lower()
    this.#lowered[inner].set(program, lowered)
    return lowered
  }

  /** @param lower lowers the program, where that was not done before */
  of(program: Program, places: readonly Place[], inner: Inner, lower: () => Lowered): Region {
    const one = unique(program)
    const known = this.#known.get(one) ?? new Map<string, Region>()
    this.#known.set(one, known)
    const key = `${inner} ${places}`
    const region = known.get(key) ?? new Region(one, lower(), inner)
    known.set(key, region)
    return region
  }
}

/** A program inside of an instruction, planned in a region of its scratch. */
export class Region {
  readonly program: Program
  readonly #lowered: Lowered
  readonly #plan: Plan
  /** Bytes of the region, or fewer than any has. */
  readonly bytes: number

  constructor(program: Program, lowered: Lowered, inner: Inner) {
    const { graph } = lowered
    this.program = program
    this.#lowered = lowered
    this.#plan = plan(graph, inner === 'least' ? { budgetBytes: leastBytes(graph) } : {})
    this.bytes = inner === 'floor' ? largestWorkingSetBytes(graph) : this.#plan.peakBytes
  }

  get cost(): number {
    return this.#plan.cost + this.#plan.extraCost
  }

  /** Which external input an output is, under whatever shape; undefined for those that are computed. */
  externalOf(output: number): number | undefined {
    const storage = this.#lowered.storageOf[this.program.outputs[output] as number] as number
    return storage < 0 ? -1 - storage : undefined
  }

  /** The program at an address, with its external inputs at others. */
  at(base: number, externals: readonly number[]): LaidOut & { readonly outputs: readonly number[] } {
    const laid = layOut(this.#lowered, this.#plan, base, externals)
    return { ...laid, outputs: this.program.outputs.map(laid.addressOf) }
  }
}
