// The repositories that several domains share: users, imports, credentials, sessions, challenges,
// accounts at providers, and revocations.
import { createDeletionRepository } from '../repositories/accounts/deletions.js'
import { createImportRepository } from '../repositories/accounts/imports.js'
import { createInvitationRepository } from '../repositories/accounts/invitations.js'
import { createRemains } from '../repositories/accounts/remains.js'
import { createUserRepository } from '../repositories/accounts/users.js'
import { createChallengeRepository } from '../repositories/authentication/challenges.js'
import { createPasskeyRepository } from '../repositories/passkeys/passkeys.js'
import { createUsedChallenges } from '../repositories/passkeys/used-challenges.js'
import { createOAuthAccountRepository } from '../repositories/oauth/accounts.js'
import { createStateRepository } from '../repositories/oauth/states.js'
import { createSecondFactorRepository } from '../repositories/factors/second-factors.js'
import { createCredentialRepository } from '../repositories/passwords/credentials.js'
import { createRevocationRepository } from '../repositories/revocations/revocations.js'
import { createSessionRepository } from '../repositories/sessions/sessions.js'
import type { Stores } from './stores.js'

export type Repositories = ReturnType<typeof createRepositories>

export const createRepositories = ({ mysqlTransaction, read, readInBackground, write, writeInBackground }: Stores) => ({
  users: createUserRepository(read),
  imports: createImportRepository(read),
  deletions: createDeletionRepository(read, write),
  invitations: createInvitationRepository(read, writeInBackground),
  remains: createRemains(readInBackground, writeInBackground),
  credentials: createCredentialRepository(read),
  passkeys: createPasskeyRepository(read),
  usedChallenges: createUsedChallenges(writeInBackground),
  sessions: createSessionRepository(read, write),
  challenges: createChallengeRepository(read, write),
  linked: createOAuthAccountRepository(read, write),
  oauthStates: createStateRepository(read, write, writeInBackground),
  factors: createSecondFactorRepository(read),
  revocations: createRevocationRepository(read, writeInBackground, mysqlTransaction),
})
