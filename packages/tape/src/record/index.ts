export { apply, applyOne, type Operand, operands, scalarLike } from './apply.js'
export { type ArgumentLeaf, avalFor, avalOf, isArgumentLeaf } from './argument.js'
export { checkTensor, checkTensorList, checkTensors } from './check-tensor.js'
export { arange, type CreationOptions, eye, full, linspace, ones, zeros } from './creation.js'
export { fitted } from './fitted.js'
export { MOST_LINES, underLine, withLines } from './lines.js'
export {
  formatAvals,
  type Recorded,
  type Recording,
  record,
  recordOn,
} from './record.js'
export { innermostTape, Tape } from './tape.js'
export {
  dataOf,
  fromData,
  hasData,
  isDifferentiable,
  type NestedArray,
  Tensor,
  type TensorOptions,
  tensor,
} from './tensor.js'
export {
  type Flat,
  flattenTree,
  leafCount,
  type Structure,
  sameStructure,
  type Tree,
  type TreeOf,
  unflattenTree,
} from './tree.js'
export { argumentsOf, inTree, noTree, resultNamed, type TreeName, treeNamed } from './tree-name.js'
