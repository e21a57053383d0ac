import type { Kernel } from '@wengert/kernels'

/**
 * A kernel with an operand before the others that it does not read. An op whose result is computed from constants, such
 * as factors, takes what these were made of as its first operand, and there its derivatives go.
 */
export const withUnread = (kernel: Kernel): Kernel => ({
  ...kernel,
  key: `unread:${kernel.key}`,
  inputs: kernel.inputs + 1,
  emit: context => kernel.emit({ ...context, inputs: context.inputs.slice(1) }),
})
