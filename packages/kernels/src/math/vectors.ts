import { type Expr, type FunctionBuilder, type Local, type ModuleBuilder, v128 } from '../wasm/index.js'

/** A register that holds one vector. */
export type Register = Local<'v128'>

/**
 * A value of an elementwise computation: one register for each of the vectors that are computed interleaved, or a
 * single one where all of them are equal.
 */
export interface V {
  readonly registers: readonly Register[]
}

/** A vector of truth values: all bits of a lane are 1 or all are 0. */
export type Mask = V

/** Where vector code goes. */
export interface Target {
  readonly module: ModuleBuilder
  readonly f: FunctionBuilder
}

type Vector = Expr<'v128'>

/** Operations on vectors that do not depend on the lanes. Each emits its instruction once a register. */
export class Vectors {
  readonly module: ModuleBuilder
  readonly f: FunctionBuilder
  readonly lanes: number

  constructor({ module, f }: Target, lanes: number) {
    this.module = module
    this.f = f
    this.lanes = lanes
  }

  /** Applies an instruction to the registers of values in step. */
  each(values: readonly V[], instruction: (...registers: Register[]) => Vector): V {
    const count = Math.max(...values.map(({ registers }) => registers.length))
    const registers = Array.from({ length: count }, (_, k) =>
      this.f.local(instruction(...values.map(value => registerOf(value, k)))),
    )
    return { registers }
  }

  /** New registers, as many as `like` has, that start with a value and may be assigned. */
  variable(value: V, like: V): V {
    return { registers: like.registers.map((_, k) => this.f.local<'v128'>(registerOf(value, k))) }
  }

  /** Assigns every register of a variable. */
  assign(variable: V, value: V): void {
    variable.registers.forEach((register, k) => {
      this.f.set(register, registerOf(value, k))
    })
  }

  /** The bits of a vector, set once before all loops. */
  pattern(bytes: Uint8Array): V {
    return { registers: [this.f.constant(`v128:${bytes}`, v128.const(bytes))] }
  }

  and(a: V, b: V): V {
    return this.each([a, b], v128.and)
  }

  or(a: V, b: V): V {
    return this.each([a, b], v128.or)
  }

  xor(a: V, b: V): V {
    return this.each([a, b], v128.xor)
  }

  not(a: V): V {
    return this.each([a], v128.not)
  }

  /** `a` where the mask holds, else `b`. */
  select(mask: Mask, a: V, b: V): V {
    return this.each([mask, a, b], (m, x, y) =>
      this.module.features.fma ? v128.relaxedLaneselect(x, y, m) : v128.bitselect(x, y, m),
    )
  }

  /** Whether any lane of any register is true. */
  any(mask: Mask): Expr<'i32'> {
    const [first, ...rest] = mask.registers
    return v128.anyTrue(rest.reduce((sum, next) => v128.or(sum, next), first as Expr<'v128'>))
  }
}

/** The k-th register of a value. */
export const registerOf = ({ registers }: V, k: number): Register =>
  registers[k % registers.length] as Register
