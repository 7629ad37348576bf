import 'reflect-metadata'
import {
  Controller,
  Get,
  Module,
  UseGuards,
  type INestApplication,
  type ModuleMetadata,
  type Type,
} from '@nestjs/common'
import { NestFactory, type AbstractHttpAdapter } from '@nestjs/core'
import { onTestFinished } from 'vitest'
import {
  CurrentAuth,
  optionalAuth,
  requireAuth,
  requireRole,
  Viewer,
  type Auth,
  type SessionGuard,
} from '../../src/nestjs.js'
import type { TokenSourceOptions, ValidatesLater } from '../../src/index.js'

/** Decorates a method as `@a @b name()` does. Node.js runs TypeScript without decorators. */
export function decorate(target: Type, name: string, decorators: MethodDecorator[]): void {
  const descriptor = Object.getOwnPropertyDescriptor(target.prototype, name)!
  for (const decorator of decorators.toReversed()) decorator(target.prototype as object, name, descriptor)
}

/** An application with these controllers, providers and global guards. */
export async function start(
  adapter: AbstractHttpAdapter,
  metadata: Pick<ModuleMetadata, 'controllers' | 'providers'>,
  guards: SessionGuard[] = [],
): Promise<INestApplication> {
  // eslint-disable-next-line @typescript-eslint/no-extraneous-class -- Nest names modules by classes.
  class AppModule {}
  Module(metadata)(AppModule)
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- A class without methods.
  const app = await NestFactory.create(AppModule, adapter, { logger: false })
  onTestFinished(() => app.close())
  app.useGlobalGuards(...guards)
  return app
}

/** Such an application, on a free port. Returns its URL. */
export async function listen(
  adapter: AbstractHttpAdapter,
  controllers: Type[],
  guards: SessionGuard[] = [],
): Promise<string> {
  const app = await start(adapter, { controllers }, guards)
  await app.listen(0, '127.0.0.1')
  return app.getUrl()
}

/** The routes of glue.test.ts. */
export function startNest(
  { sessions }: { sessions: ValidatesLater },
  adapter: AbstractHttpAdapter,
  options: TokenSourceOptions = {},
): Promise<string> {
  class Routes {
    me(auth: Auth) {
      return auth.userId
    }
    admin() {
      return 'done'
    }
    lax() {
      return 'done'
    }
    hello(viewer: Auth | null) {
      return `Hello ${viewer?.userId ?? 'stranger'}`
    }
  }
  Controller()(Routes)
  const [signedIn, anyone] = [requireAuth(sessions, options), optionalAuth(sessions, options)]
  const admin = requireRole('ADMIN')
  decorate(Routes, 'me', [Get('me'), UseGuards(signedIn)])
  decorate(Routes, 'admin', [Get('admin'), UseGuards(signedIn, admin)])
  decorate(Routes, 'lax', [Get('lax'), UseGuards(anyone, admin)])
  decorate(Routes, 'hello', [Get('hello'), UseGuards(anyone)])
  CurrentAuth()(Routes.prototype, 'me', 0)
  Viewer()(Routes.prototype, 'hello', 0)
  return listen(adapter, [Routes])
}
