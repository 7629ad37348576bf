// Builds the links that unsubscribe, and what serves them.
import { ConfigError } from '@postern/service/config-error'
import { listenProblem } from '@postern/service/listening'
import type { Logger } from '@postern/service/logger'
import type { Config } from '../config/index.js'
import type { SettingsService } from '../settings/settings-service.js'
import { createUnsubscribeLinks, type UnsubscribeLinks } from '../unsubscribe/links.js'
import { listenForUnsubscriptions } from '../unsubscribe/listener.js'

export interface Unsubscribing {
  /** Null without NOTIFICATION_URL. */
  links: UnsubscribeLinks | null
  /** Rejects with a ConfigError if it can't listen. Returns what stops it. */
  listen: (settings: SettingsService) => Promise<() => Promise<void>>
}

export function createUnsubscribing(config: Config, logger: Logger): Unsubscribing {
  const { NOTIFICATION_URL: origin, NOTIFICATION_HTTP_PORT: port, NOTIFICATION_GRPC_HOST: host } = config
  const links =
    origin === undefined
      ? null
      : createUnsubscribeLinks(origin, config.NOTIFICATION_KEY, config.NOTIFICATION_KEY_PREVIOUS)

  return {
    links,
    async listen(settings) {
      if (!links || port === 'off') return () => Promise.resolve()
      const { url, close } = await listenForUnsubscriptions({
        ...{ host, port, links, logger, appName: config.APP_NAME },
        unsubscribe: (what) => settings.unsubscribe(what),
      }).catch((error: unknown) => {
        throw new ConfigError(listenProblem({ host, port, variable: 'NOTIFICATION_HTTP_PORT' }, error))
      })
      logger.info({ url }, 'links to unsubscribe listen')
      return close
    },
  }
}
