import { createInterface } from 'node:readline'
import { respond } from './respond.js'

/**
 * Speaks GradBench's protocol: a message of JSON on every line of standard input, a response on a line of standard
 * output, until the input ends.
 */
export async function gradbenchCommand({ debug = false }: { readonly debug?: boolean }): Promise<void> {
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === '') continue
    const text = `${JSON.stringify(respond(line, debug))}\n`
    await new Promise<void>(settle => process.stdout.write(text, () => settle()))
  }
}
