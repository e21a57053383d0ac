import { describe, expect, test } from 'vitest'
import { type Command, EngineError, EngineProcess } from './index.js'

/** An engine of one expression that says what it answers to each line. */
const engine = (answer: string): Command => ({
  file: process.execPath,
  args: [
    '-e',
    `require('node:readline').createInterface({ input: process.stdin }).on('line', line => { ${answer} })`,
  ],
})

const say = (text: string) => `process.stdout.write(${JSON.stringify(`${text}\n`)})`
const close = { ask: 'close' } as const
const LONG_MS = 20_000

/** The error of a request. */
async function failure(command: Command, limitMs = LONG_MS, signal?: AbortSignal): Promise<unknown> {
  const started = new EngineProcess(command, signal)
  try {
    return await started.ask(close, limitMs).then(
      () => undefined,
      error => error,
    )
  } finally {
    await started.kill()
  }
}

test('an engine answers one request after the other', async () => {
  const started = new EngineProcess(
    engine("process.stdout.write(JSON.stringify({ ok: JSON.parse(line) }) + '\\n')"),
  )
  expect(await started.ask(close, LONG_MS)).toEqual(close)
  const round = { ask: 'round', repeats: 3 } as const
  expect(await started.ask(round, LONG_MS)).toEqual(round)
  await started.kill()
  await expect(started.ask(close, LONG_MS)).rejects.toThrow('SIGKILL')
})

describe('what goes wrong is an error with its reason', () => {
  test.each([
    ['a refusal', engine(say('{"failed":"TypeError: no such task"}')), 'TypeError: no such task'],
    ['an answer that is none', engine(say('hello')), 'The answer cannot be read: hello.'],
    ['an end', engine('process.exit(3)'), 'The process ended with code 3.'],
    [
      'an end with last words',
      engine("throw new RangeError('Maximum call stack size exceeded')"),
      'The process ended with code 1: RangeError: Maximum call stack size exceeded',
    ],
    ['a signal', engine("process.kill(process.pid, 'SIGKILL')"), 'The process ended with SIGKILL.'],
    [
      'a file that is not there',
      { file: '/nowhere/engine', args: [] },
      'The process cannot run: spawn /nowhere/engine ENOENT.',
    ],
  ])('%s', async (_, command, message) => {
    const error = await failure(command)
    expect(error).toBeInstanceOf(EngineError)
    expect((error as EngineError).message).toBe(message)
  })

  test('silence, which ends the process', async () => {
    const error = await failure(engine(''), 50)
    expect((error as EngineError).message).toBe('No answer within 0.05 s.')
  })

  test('an abort, which ends the process', async () => {
    const controller = new AbortController()
    const waiting = failure(engine(''), LONG_MS, controller.signal)
    setTimeout(() => controller.abort(new Error('enough')), 50)
    expect(await waiting).toEqual(new Error('enough'))
    expect(await failure(engine(''), LONG_MS, controller.signal)).toEqual(new Error('enough'))
  })
})
