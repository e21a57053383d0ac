type Signal = 'SIGINT' | 'SIGTERM'

let early: Signal | undefined

const keep = (signal: Signal) => {
  early = signal
}

/** Holds signals back that come while the command is still loaded. */
export function holdSignals(): void {
  process.on('SIGINT', keep).on('SIGTERM', keep)
}

/** Holds no signals back any more, and tells the one that was held. */
export function takeEarly(): Signal | undefined {
  process.off('SIGINT', keep).off('SIGTERM', keep)
  const held = early
  early = undefined
  return held
}

/** Signals do what they do by themselves again; one that was held, and that nobody took, ends the process. */
export function releaseSignals(): void {
  const held = takeEarly()
  if (held) process.kill(process.pid, held)
}
