import * as nn from '@wengert/nn'
import { createScheduler, type Scheduler } from '@wengert/scheduler'
import * as tape from '@wengert/tape'

const { tensor } = tape
const vector = tensor([1, 2, 3, 4])
const matrix = tensor([[1, 2], [3, 4]]) // biome-ignore format: a matrix
const lines = tensor([1, 2, 3, 4], { shape: [1, 4, 1] })
const images = tensor([1, 2, 3, 4], { shape: [1, 2, 2, 1] })
const [line, window] = [tensor([[[1]]]), tensor([[[[1]]]])]
const ids = tensor([0, 1], { dtype: 'i32' })
const key = tape.randomKey(7)
const square = (x: tape.Tensor) => x.square().sum()
const norm = nn.initNorm(2)
const cell = nn.initElman({ inputs: 2, units: 2 })
const heads = nn.initMultiHeadAttention({ features: 2 })
const sizes = { inputs: 2, units: 2 }
const x3 = tensor([1, 2, 3, 4], { shape: [1, 2, 2] })

const { program } = tape.record(square, vector)
const { graph } = tape.lower(program, [])

const rows = (w: tape.Tensor, x: tape.Tensor) => x.mul(w)

/** Calls a scheduler in this thread, and closes it. */
async function scheduled(call: (scheduler: Scheduler<tape.Tensor, tape.Tensor>) => unknown) {
  await using scheduler = await createScheduler(rows, { workers: 0 })
  return await call(scheduler)
}

/** Every function of tape and nn that takes options, called with some, and what else it needs in them. */
export const calls: Readonly<Record<string, (options: never) => unknown>> = {
  tensor: o => tensor([1], o),
  zeros: o => tape.zeros([1], o),
  ones: o => tape.ones([1], o),
  full: o => tape.full([1], 2, o),
  eye: o => tape.eye(2, 2, o),
  arange: o => tape.arange(2, o),
  linspace: o => tape.linspace(0, 1, 3, o),
  triangularSolve: o => tape.triangularSolve(matrix, vector.slice([0], [2]), o),
  concat: o => tape.concat([vector], o),
  stack: o => tape.stack([vector], o),
  split: o => vector.split(2, o),
  pinv: o => matrix.pinv(o),
  gelu: o => vector.gelu(o),
  logsumexp: o => vector.logsumexp(o),
  logSoftmax: o => vector.logSoftmax(o),
  softmax: o => vector.softmax(o),
  pad: o => vector.pad(1, o),
  flip: o => vector.flip(o),
  roll: o => vector.roll(1, o),
  repeat: o => vector.repeat(2, o),
  squeeze: o => vector.squeeze(o),
  sum: o => vector.sum(o),
  max: o => vector.max(o),
  min: o => vector.min(o),
  mean: o => vector.mean(o),
  prod: o => vector.prod(o),
  convTranspose2d: o => tape.convTranspose2d(images, window, o),
  convTranspose1d: o => tape.convTranspose1d(lines, line, o),
  conv2d: o => tape.conv2d(images, window, o),
  conv1d: o => tape.conv1d(lines, line, o),
  averagePool2d: o => images.averagePool2d(1, o),
  averagePool1d: o => lines.averagePool1d(1, o),
  maxPool2d: o => images.maxPool2d(1, o),
  maxPool1d: o => lines.maxPool1d(1, o),
  take: o => vector.take(ids, o),
  takeAlongAxis: o => vector.takeAlongAxis(ids, o),
  scatterAdd: o => vector.scatterAdd(ids, tensor([1, 1]), o),
  norm: o => vector.norm(o),
  linearRecurrence: o => tape.linearRecurrence(0.5, vector, o),
  cumsum: o => vector.cumsum(o),
  cumprod: o => vector.cumprod(o),
  cummax: o => vector.cummax(o),
  cummin: o => vector.cummin(o),
  randomBits: o => tape.randomBits(key, [2], o),
  uniform: o => tape.uniform(key, [2], o),
  normal: o => tape.normal(key, [2], o),
  categorical: o => tape.categorical(key, vector, o),
  vecdot: o => vector.vecdot(vector, o),
  any: o => vector.any(o),
  all: o => vector.all(o),
  argmax: o => vector.argmax(o),
  argmin: o => vector.argmin(o),
  argsort: o => vector.argsort(o),
  sort: o => vector.sort(o),
  topK: o => vector.topK(1, o),
  searchsorted: o => tape.searchsorted(vector, vector, o),
  variance: o => vector.variance(o),
  std: o => vector.std(o),
  sparseJacobian: o => tape.sparseJacobian(x => x.square(), { rows: [], columns: [] }, o),
  jacfwd: o => tape.jacfwd(square, o),
  jacobian: o => tape.jacobian(square, o),
  jacrev: o => tape.jacrev(square, o),
  hessian: o => tape.hessian(square, o),
  hvp: o => tape.hvp(square, vector, vector, o),
  jvp: o => tape.jvp(square, [vector], [vector], o),
  valueAndGrad: o => tape.valueAndGrad(square, o as object),
  grad: o => tape.grad(square, o),
  vmap: o => tape.vmap(square, o),
  jit: o => tape.jit(square, o),
  whileLoop: o =>
    tape.whileLoop(
      x => x.less(1),
      x => x.add(1),
      tensor(0),
      o,
    ),
  compile: o => tape.compile(program, o),
  explain: o => tape.explain(program, o),
  plan: o => tape.plan(graph, o),
  simulate: o => tape.simulate(graph, tape.plan(graph), o),
  directoryStore: o => tape.directoryStore(o),
  opfsStore: o => tape.opfsStore(o),
  checkpoint: o => tape.checkpoint(square as () => never, o),
  scan: o => tape.scan((c: tape.Tensor) => [c, null] as const, tensor(0), null, o),
  randomWords: o => nn.randomWords(1, o),
  permutationOf: o => nn.permutationOf(2, o),
  uniformWeights: o => nn.uniformWeights([2], 1, o),
  glorotUniform: o => nn.glorotUniform([2, 2], o),
  heUniform: o => nn.heUniform([2, 2], o),
  huber: o => nn.huber(vector, vector, o),
  crossEntropy: o => nn.crossEntropy(matrix, ids, o),
  multiHeadAttention: o => nn.multiHeadAttention(heads, x3, o),
  initMultiHeadAttention: o => nn.initMultiHeadAttention({ features: 2 }, o),
  initDense: o => nn.initDense({ inputs: 2, outputs: 2 }, o),
  initNorm: o => nn.initNorm(2, o),
  initRmsNorm: o => nn.initRmsNorm(2, o),
  initEmbedding: o => nn.initEmbedding({ words: 2, features: 2 }, o),
  elmanCell: o => nn.elmanCell(cell, matrix, matrix, o),
  initElman: o => nn.initElman(sizes, o),
  initLstm: o => nn.initLstm(sizes, o),
  initGru: o => nn.initGru(sizes, o),
  attention: o => nn.attention(matrix, matrix, matrix, o),
  layerNorm: o => nn.layerNorm(norm, matrix, o),
  rmsNorm: o => nn.rmsNorm(norm, matrix, o),
  groupNorm: o => nn.groupNorm(norm, matrix, o),
  initBatchStatistics: o => nn.initBatchStatistics(2, o),
  batchNorm: o => nn.batchNorm(norm, nn.initBatchStatistics(2), matrix, o),
  batchNormEvaluate: o => nn.batchNormEvaluate(norm, nn.initBatchStatistics(2), matrix, o),
  train: o => nn.train(o).next(),
  cnn: o => nn.cnn(o),
  mlp: o => nn.mlp(o),
  adam: o => nn.adam(o),
  fromSafetensors: o => nn.fromSafetensors(nn.toSafetensors(vector), vector, o),
  inPieces: o => nn.inPieces(nn.sgd(), o),
  sgd: o => nn.sgd(o),
}

/** The same of a scheduler, and of its calls. */
export const schedulerCalls: Readonly<Record<string, (options: never) => unknown>> = {
  createScheduler: async o => {
    await using _ = await createScheduler(rows, o)
  },
  valueAndGrad: o => scheduled(scheduler => scheduler.valueAndGrad(tensor(1), vector, o)),
  map: o => scheduled(scheduler => scheduler.map(rows, tensor(1), vector, o)),
  explain: o => scheduled(scheduler => scheduler.explain(tensor(1), vector, o)),
  explainMap: o => scheduled(scheduler => scheduler.explainMap(rows, tensor(1), vector, o)),
}
