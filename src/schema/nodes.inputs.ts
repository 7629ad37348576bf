// The rules for the inputs of nodes.graphql, beyond the types that the SDL gives.
import { z } from 'zod'

export const nodeInputs = { nodes: z.object({ ids: z.array(z.string()).max(100, 'must have at most 100 entries') }) }
