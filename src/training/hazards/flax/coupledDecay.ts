import { decayTransformations, itemsOfChain, optimizersOf } from '../../flax/optimizers';
import type { PythonHazard } from '../hazard';

/** Decay that goes through the adaptive step loses its strength: that is what AdamW was made for. */
export const coupledDecay: PythonHazard = {
  id: 'optax/coupled-decay',
  title: 'add_decayed_weights before adam is L2 that the adaptive step rescales',
  severity: 'information',
  language: 'python',
  find: (module) =>
    optimizersOf(module).flatMap((optimizer) => {
      const { call, kind } = optimizer;
      if (kind.decoupled === undefined) return [];
      const decay = itemsOfChain(module, optimizer, decayTransformations).find(
        ({ start }) => start < call.start,
      );
      if (!decay) return [];
      return [
        {
          message:
            `The decay is added to the gradient and goes through the adaptive step of optax.${kind.name}, which takes its strength away; ` +
            `optax.${kind.decoupled}(…, weight_decay=…) decays apart from the gradient (at another strength).`,
          where: { start: decay.start, end: decay.end },
        },
      ];
    }),
};
