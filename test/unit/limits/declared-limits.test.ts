import { expect, it } from 'vitest'
import { LIMITED_OPERATIONS } from '../../../src/config/limits.js'
import { declaredLimits } from '../../../src/schema/rate-limits.js'
import { readSchema } from '../../../src/schema/sdl.js'

const declared = declaredLimits(readSchema())

it('the schema declares the limits of production', () => {
  const written = declared.map(({ operation, limit, seconds, per }) => `${operation} ${limit}/${seconds} ${per.join()}`)
  expect(written.toSorted()).toEqual([
    'acceptTerms 30/3600 USER',
    'cancelAccountDeletion 30/3600 ADDRESS',
    'changePassword 3/3600 USER',
    'checkUsernameAvailability 1600/3600 ADDRESS',
    'checkUsernameAvailability 20/1 ADDRESS',
    'completeOAuth 30/60 ADDRESS',
    'confirmEmailChange 30/3600 USER',
    'deleteAccount 5/3600 USER',
    'deleteUser 300/3600 USER',
    'disableMfa 5/3600 USER',
    'disableUser 300/3600 USER',
    'downloadDataExport 10/3600 USER',
    'enableMfa 20/3600 USER',
    'enableUser 300/3600 USER',
    'exportMyConsents 10/3600 USER',
    'exportMyData 10/3600 USER',
    'finishPasskeyLogin 60/60 ADDRESS',
    'finishPasskeyReauthentication 60/3600 USER',
    'finishPasskeyRegistration 30/3600 USER',
    'grantConsent 60/3600 USER',
    'initiateOAuth 30/60 ADDRESS',
    'initiateOAuthLink 10/3600 USER',
    'linkOAuth 10/3600 USER',
    'login 5/60 ACCOUNT',
    'markNotificationsRead 240/60 USER',
    'reauthenticate 10/3600 USER',
    'refreshToken 60/3600 SESSION',
    'register 4/3600 ADDRESS',
    'registerPushDevice 30/3600 USER',
    'removePasskey 30/3600 USER',
    'removePushDevice 60/3600 USER',
    'renamePasskey 60/3600 USER',
    'replaceRecoveryCodes 5/3600 USER',
    'requestDataExport 5/3600 USER',
    'requestEmailChange 5/3600 USER',
    'requestPasswordReset 10/3600 ADDRESS',
    'resendVerificationCode 10/3600 ADDRESS',
    'resetPassword 30/3600 ADDRESS',
    'revokeConsent 120/3600 USER',
    'revokeUserSession 300/3600 USER',
    'revokeUserSessions 300/3600 USER',
    'searchUsers 300/60 USER',
    'setUserRole 300/3600 USER',
    'startMfaEnrollment 10/3600 USER',
    'startPasskeyLogin 120/60 ADDRESS',
    'startPasskeyReauthentication 60/3600 USER',
    'startPasskeyRegistration 30/3600 USER',
    'unlinkOAuth 10/3600 USER',
    'updateNotificationSettings 120/3600 USER',
    'updatePassword 3/3600 USER',
    'updateProfile 10/3600 USER',
    'verifyEmail 30/3600 ADDRESS',
    'verifyMfa 300/600 ADDRESS',
  ])
})

it('each of them has a variable that overrides it, and each variable has a limit', () => {
  expect(LIMITED_OPERATIONS.toSorted()).toEqual([...new Set(declared.map(({ operation }) => operation))].toSorted())
})

it('only the operations that know an account or a session are limited per account or session', () => {
  const operationsPer = (scope: string) =>
    declared.flatMap(({ operation, per }) => (per.some((each) => each === scope) ? [operation] : []))
  expect(operationsPer('ACCOUNT')).toEqual(['login'])
  expect(operationsPer('SESSION')).toEqual(['refreshToken'])
})
