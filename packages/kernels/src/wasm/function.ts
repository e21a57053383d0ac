import { Bytes } from './bytes.js'
import { type Expr, type I32, int, type Statement, type Type } from './expr.js'
import { i32 } from './scalar.js'

/** Encodings of the value types. */
export const typeByte: Record<Type, number> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b }

/** A parameter or local variable: reading it costs nothing, so it may be used many times. */
export interface Local<T extends Type = Type> extends Expr<T> {
  readonly index: number
}

/** A function of the module under construction, or one that is imported. */
export interface Func {
  readonly index: number
  readonly params: readonly Type[]
  readonly results: readonly Type[]
}

const EMPTY = 0x40

/** Builds the body of one function, statement by statement. */
export class FunctionBuilder {
  readonly params: readonly Local[]
  readonly #code = new Bytes()
  readonly #locals: Type[] = []
  readonly #prologue = new Bytes()
  readonly #constants = new Map<string, Local>()

  constructor(params: readonly Type[]) {
    this.params = params.map((type, index) => local(type, index))
  }

  /** A new local, zero until it is set; with a value, set at once. */
  local<T extends Type>(type: T): Local<T>
  local<T extends Type>(value: Expr<T>): Local<T>
  local<T extends Type>(from: T | Expr<T>): Local<T> {
    const type = typeof from === 'string' ? from : from.type
    const made = local(type, this.params.length + this.#locals.length)
    this.#locals.push(type)
    if (typeof from !== 'string') this.set(made, from)
    return made
  }

  /** An i32 local with a value. */
  int(value: I32): Local<'i32'> {
    return this.local(int(value))
  }

  /** Assigns a local. */
  set<T extends Type>(target: Local<T>, value: Expr<T>): void {
    value.emit(this.#code)
    this.#code.byte(0x21)
    this.#code.unsigned(target.index)
  }

  /**
   * A local that holds a constant from the start of the function on, one for each key, so that loops do not build
   * it again. Its value may not depend on other locals, and it may not be assigned.
   */
  constant<T extends Type>(key: string, value: Expr<T>): Local<T> {
    const known = this.#constants.get(key)
    if (known) return known as Local<T>
    const made = this.local(value.type)
    value.emit(this.#prologue)
    this.#prologue.byte(0x21)
    this.#prologue.unsigned(made.index)
    this.#constants.set(key, made)
    return made as Local<T>
  }

  /** Adds to an i32 local. */
  increase(target: Local<'i32'>, by: I32): void {
    this.set(target, i32.add(target, by))
  }

  /** Appends a statement. */
  do(statement: Statement): void {
    statement.emit(this.#code)
  }

  /** Runs the body for counter = from, from + step, … while counter < to (unsigned). */
  for(counter: Local<'i32'>, from: I32, to: I32, step: I32, body: () => void): void {
    if (typeof from === 'number' && typeof to === 'number' && from >= to) return
    this.set(counter, int(from))
    const certain = typeof from === 'number' && typeof to === 'number'
    const loop = () => {
      this.#block(0x03, () => {
        body()
        this.increase(counter, step)
        i32.ltU(counter, to).emit(this.#code)
        this.#branch(0x0d, 0)
      })
    }
    if (certain) loop()
    else this.if(i32.ltU(counter, to), loop)
  }

  /** Runs the body while the condition holds. */
  while(condition: Expr<'i32'>, body: () => void): void {
    this.#block(0x02, () => {
      this.#block(0x03, () => {
        i32.eqz(condition).emit(this.#code)
        this.#branch(0x0d, 1)
        body()
        this.#branch(0x0c, 0)
      })
    })
  }

  /** Branches on a condition. */
  if(condition: I32, then: () => void, otherwise?: () => void): void {
    int(condition).emit(this.#code)
    this.#code.byte(0x04)
    this.#code.byte(EMPTY)
    then()
    if (otherwise) {
      this.#code.byte(0x05)
      otherwise()
    }
    this.#code.byte(0x0b)
  }

  /** Calls a function that returns nothing. */
  call(func: Func, ...args: readonly I32OrExpr[]): void {
    callExpr(func, args).emit(this.#code)
  }

  /** Assigns the results of a call to as many locals. */
  setAll(targets: readonly Local[], func: Func, args: readonly I32OrExpr[]): void {
    callExpr(func, args).emit(this.#code)
    for (const target of targets.toReversed()) {
      this.#code.byte(0x21)
      this.#code.unsigned(target.index)
    }
  }

  /** Calls the function at `element` of the module's table; its type is (i32) → (). */
  callIndirect(typeIndex: number, element: Expr<'i32'>, argument: Expr<'i32'>): void {
    argument.emit(this.#code)
    element.emit(this.#code)
    this.#code.byte(0x11)
    this.#code.unsigned(typeIndex)
    this.#code.unsigned(0)
  }

  /** Leaves values as the results of the function; the last thing in a body. */
  result(...values: readonly Expr[]): void {
    for (const value of values) value.emit(this.#code)
  }

  /** The encoded body: its size, its locals, its code. */
  encode(): Bytes {
    const body = new Bytes()
    const runs: { type: Type; count: number }[] = []
    for (const type of this.#locals) {
      const last = runs.at(-1)
      if (last?.type === type) last.count++
      else runs.push({ type, count: 1 })
    }
    body.unsigned(runs.length)
    for (const { type, count } of runs) {
      body.unsigned(count)
      body.byte(typeByte[type])
    }
    body.append(this.#prologue)
    body.append(this.#code)
    body.byte(0x0b)
    const sized = new Bytes()
    sized.unsigned(body.length)
    sized.append(body)
    return sized
  }

  #block(opening: number, body: () => void): void {
    this.#code.byte(opening)
    this.#code.byte(EMPTY)
    body()
    this.#code.byte(0x0b)
  }

  #branch(op: number, depth: number): void {
    this.#code.byte(op)
    this.#code.unsigned(depth)
  }
}

type I32OrExpr = Expr | number

/** A call of a function with one result, as an expression. */
function callExpr<T extends Type = Type>(func: Func, args: readonly I32OrExpr[]): Expr<T> {
  return {
    type: (func.results[0] ?? 'i32') as T,
    emit(code) {
      for (const arg of args) (typeof arg === 'number' ? int(arg) : arg).emit(code)
      code.byte(0x10)
      code.unsigned(func.index)
    },
  }
}

function local<T extends Type>(type: T, index: number): Local<T> {
  return {
    type,
    index,
    emit(code) {
      code.byte(0x20)
      code.unsigned(index)
    },
  }
}
