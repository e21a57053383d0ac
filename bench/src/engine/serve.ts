import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { BudgetError, formatByteSize } from '@wengert/tape'
import { type Engine, type Prepared, received, round } from './engine.js'
import { outputsOf } from './outputs.js'
import type { Answer, ClosedFacts, PreparedFacts, Request, RoundFacts } from './wire.js'

/** Answers requests on standard input until one closes the engine, or the input ends. */
export async function serve(engine: Engine): Promise<void> {
  // What a library prints must not stand between the answers.
  const write = process.stdout.write.bind(process.stdout)
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof process.stdout.write
  let prepared: Prepared | undefined
  const answer = async (request: Request): Promise<PreparedFacts | RoundFacts | ClosedFacts> => {
    if (request.ask === 'prepare') {
      const task = received(request.task)
      const start = performance.now()
      prepared = await engine.prepare(task, request.options)
      const firstMs = performance.now() - start
      return { ...prepared.facts?.(), firstMs, outputs: outputsOf(task, prepared.results) }
    }
    if (request.ask === 'round') return round(prepared as Prepared, request.repeats)
    const facts = prepared?.facts?.()
    const peakResidentBytes = peakResident()
    await prepared?.close?.()
    return { ...facts, peakResidentBytes }
  }
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line) as Request
    const said = await answer(request).then<Answer<unknown>, Answer<unknown>>(
      ok => ({ ok }),
      error => ({ failed: reason(error) }),
    )
    await new Promise<void>(done => write(`${JSON.stringify(said)}\n`, () => done()))
    if (request.ask === 'close') break
  }
  process.exit(0)
}

/**
 * Most bytes of this process that were resident at a time. The system's own count for a process, `maxRSS`, begins with
 * what the process that started it had, so it is only the second choice.
 */
function peakResident(): number {
  try {
    const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
    if (kib) return 1024 * Number(kib)
  } catch {
    // There is no /proc here.
  }
  return 1024 * process.resourceUsage().maxRSS
}

/** The first line of an error, which says what happened; of a budget, how much would do. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const [summary] = error.message.split('\n')
  const needed = error instanceof BudgetError ? ` It takes ${formatByteSize(error.leastBytes, 'up')}.` : ''
  return `${error.name}: ${summary}${needed}`
}
