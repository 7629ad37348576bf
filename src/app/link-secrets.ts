// What the links of mails carry, derived from REFRESH_KEY: for the services that check it, and for the mails.
import type { Config } from '../config/index.js'
import { createInvitationCodeOf, EXPORT_LINK_SECONDS } from '../services/accounts/index.js'
import { createLinkTokenOf, createOwnTokens } from '../services/verification/index.js'

export function linkSecrets({ REFRESH_KEY }: Config) {
  const exportTokens = createOwnTokens(REFRESH_KEY, 'export')
  return {
    exportTokens,
    exportTokenOf: (userId: string, eventId: string) => exportTokens.of(userId, eventId),
    exportLinkSeconds: EXPORT_LINK_SECONDS,
    linkTokenOf: createLinkTokenOf(REFRESH_KEY),
    invitationCodeOf: createInvitationCodeOf(REFRESH_KEY),
  }
}
