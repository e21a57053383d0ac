import pc from 'picocolors'

/** Whether a person watches standard error, where everything for people goes. */
export const interactive = (): boolean => process.stderr.isTTY === true && process.env['TERM'] !== 'dumb'

/** Colours, or none where nobody watches or the user asked for none. */
export const colours = () => pc.createColors(interactive() && !process.env['NO_COLOR'])

/** Writes a line for people; standard output is for programs. */
export const say = (text: string): void => void process.stderr.write(`${text}\n`)
