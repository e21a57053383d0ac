import { BudgetError, ShapeError, WengertError } from '@wengert/tape'
import { describe, expect, test } from 'vitest'
import { LaneError } from './errors.js'
import { packFault, unpackFault } from './fault.js'

const travel = (error: unknown) => unpackFault(structuredClone(packFault(error)))

describe('an error on its way out of a worker', () => {
  test('keeps class, code, message, data and stack', () => {
    const error = new ShapeError({ summary: 'do not fit', fix: 'transpose', data: { axis: 1 } })
    const arrived = travel(error) as ShapeError
    expect(arrived).toBeInstanceOf(ShapeError)
    expect(arrived).toMatchObject({
      name: 'ShapeError',
      code: 'SHAPE',
      message: error.message,
      data: { axis: 1 },
    })
    expect(arrived.stack).toBe(error.stack)
    expect(arrived.parts.fix).toBe('transpose')
  })

  test('keeps the bytes of a budget', () => {
    const arrived = travel(new BudgetError({ summary: 'tight', budgetBytes: 10, leastBytes: 20 }))
    expect(arrived).toBeInstanceOf(BudgetError)
    expect(arrived).toMatchObject({ code: 'BUDGET', budgetBytes: 10, leastBytes: 20 })
  })

  test('keeps causes, however they are nested', () => {
    const cause = new RangeError('memory.grow', { cause: { pages: 3 } })
    const arrived = travel(new LaneError({ summary: 'died', cause }))
    expect(arrived).toBeInstanceOf(LaneError)
    expect(arrived.cause).toBeInstanceOf(RangeError)
    expect((arrived.cause as Error).cause).toEqual({ pages: 3 })
  })

  test('keeps what engines throw', () => {
    expect(travel(new WebAssembly.RuntimeError('unreachable'))).toBeInstanceOf(WebAssembly.RuntimeError)
    expect(travel(Object.assign(new Error('no'), { code: 'ERR_X', name: 'OddError' }))).toMatchObject({
      code: 'ERR_X',
      name: 'OddError',
    })
    expect(travel('text').message).toBe('text')
    expect(travel(new WengertError('NEW', { summary: 'unknown code' }))).toMatchObject({ code: 'NEW' })
  })

  test('keeps name, code, data and message where the class is not known', () => {
    class DataError extends WengertError {
      override readonly name = 'DataError'

      constructor() {
        super('DATA', { summary: 'a bad file', at: 'row 3', data: { row: 3 } })
      }
    }
    const error = new DataError()
    const arrived = travel(error)
    expect(arrived).toBeInstanceOf(WengertError)
    expect(arrived).toMatchObject({ name: 'DataError', code: 'DATA', data: { row: 3 } })
    expect(arrived.message).toBe(error.message)
    expect(Object.keys(arrived)).not.toContain('name')
  })

  test('drops data that cannot be cloned, and ends cycles', () => {
    const error = new ShapeError({ summary: 'odd', data: { f: () => 1 } })
    expect(travel(error)).toMatchObject({ code: 'SHAPE', data: {} })
    const cyclic = new Error('a')
    cyclic.cause = cyclic
    expect(travel(cyclic).message).toBe('a')
  })
})
