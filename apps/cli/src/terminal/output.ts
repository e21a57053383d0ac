import { colours, say } from './say.js'

/** Exit codes: of an output that fails, and of one that nobody reads any more, as a shell reports SIGPIPE. */
const [FAILED, UNREAD] = [1, 141]

/**
 * Ends the process as soon as one of its outputs cannot be written: quietly if nobody reads it, otherwise with an
 * error on standard error.
 */
export function watchOutputs(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(UNREAD)
    const { bold, red } = colours()
    say(`${bold(red('OutputError'))}: standard output cannot be written: ${error.message}.`)
    say('  fix       write to a place with room that can be written')
    process.exit(FAILED)
  })
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? UNREAD : FAILED)
  })
}
