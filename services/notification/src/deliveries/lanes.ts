// Lanes: deliveries that are sent side by side, so that many of one kind delay no others.
import type { Category } from '../channels/channel.js'

export const LANES = ['SECURITY', 'NORMAL', 'MARKETING'] as const

export type Lane = (typeof LANES)[number]

export const laneOf = (category: Category): Lane =>
  category === 'SECURITY' || category === 'MARKETING' ? category : 'NORMAL'
