// The GraphQL documents of the client's calls.

/** What calls select of a user. */
export const USER =
  '{id email username firstName lastName phoneNumber address{streetName city state zipCode country}' +
  ' role isEmailVerified marketingOptIn termsAccepted termsAcceptedAt lastLoginAt createdAt updatedAt}'

export const REGISTER = 'mutation($input:RegisterInput!){register(input:$input){user{id email username name}}}'
export const LOGIN = `mutation($input:LoginInput!){login(input:$input){token refreshToken deviceToken expiresAt user${USER}}}`
/** Answers under the name of `login`, so that a session begins with either in the same way. */
export const FINISH_PASSKEY_LOGIN =
  'mutation($input:FinishPasskeyLoginInput!){login:finishPasskeyLogin(input:$input)' +
  `{token refreshToken deviceToken expiresAt user${USER}}}`
/** Answers under the name of `updatePassword`, which returns new tokens too. */
export const FINISH_PASSKEY_REAUTHENTICATION =
  'mutation($response:WebAuthnJSON!){updatePassword:finishPasskeyReauthentication(response:$response)' +
  '{token refreshToken deviceToken expiresAt}}'
export const REFRESH = 'mutation($token:String!){refreshToken(token:$token){token refreshToken expiresAt}}'
export const LOGOUT = 'mutation{logout}'
export const LOGOUT_ALL = 'mutation{logoutAll}'
export const PROFILE = `{profile${USER}}`
export const UPDATE_PROFILE = `mutation($input:UpdateProfileInput!){updateProfile(input:$input)${USER}}`
export const SESSIONS = '{sessions{id createdAt lastUsedAt expiresAt ipAddress userAgent current}}'
export const REVOKE_SESSION = 'mutation($id:ID!){revokeSession(id:$id)}'
export const UPDATE_PASSWORD =
  'mutation($input:ChangePasswordInput!){updatePassword(input:$input){token refreshToken deviceToken expiresAt}}'
export const DELETE_ACCOUNT = 'mutation($password:String){deleteAccount(password:$password)}'
export const POLICY =
  '{policy{passwordMinLength usernameRenames usernameRenamePeriod usernameHold captcha{siteKey scriptUrl}' +
  ' verifiedEmailRequired registrationHidden}}'
export const VERIFY_EMAIL = 'mutation($input:VerifyEmailInput!){verifyEmail(input:$input)}'
export const RESEND_VERIFICATION_CODE = 'mutation($email:String!){resendVerificationCode(email:$email)}'
export const REQUEST_PASSWORD_RESET = 'mutation($email:String!){requestPasswordReset(email:$email)}'
export const RESET_PASSWORD = 'mutation($input:ResetPasswordInput!){resetPassword(input:$input)}'
export const REQUEST_EMAIL_CHANGE = 'mutation($input:RequestEmailChangeInput!){requestEmailChange(input:$input)}'
export const CONFIRM_EMAIL_CHANGE = 'mutation($code:String!){confirmEmailChange(code:$code)}'
export const USERNAME_HISTORY = '{usernameHistory{username claimedAt releasedAt heldUntil}}'

/** As {@link LOGIN}, so the session finds its field under the same name. */
export const VERIFY_MFA = `mutation($input:VerifyMfaInput!){login:verifyMfa(input:$input){token refreshToken deviceToken expiresAt user${USER}}}`
export const INITIATE_OAUTH =
  'mutation($provider:String!,$redirectTo:String!,$reauthenticate:Boolean,$termsVersion:String){initiateOAuth' +
  '(provider:$provider,redirectTo:$redirectTo,reauthenticate:$reauthenticate,termsVersion:$termsVersion)' +
  '{authorizationUrl binding}}'
export const INITIATE_OAUTH_LINK =
  'mutation($provider:String!,$redirectTo:String!){initiateOAuthLink' +
  '(provider:$provider,redirectTo:$redirectTo){authorizationUrl binding}}'
/** Under the name of a login, as it is one. */
export const COMPLETE_OAUTH = `mutation($input:CompleteOAuthInput!){login:completeOAuth(input:$input){token refreshToken deviceToken expiresAt user${USER}}}`
const OAUTH_ACCOUNT = '{id provider label email createdAt lastUsedAt}'
export const LINK_OAUTH = `mutation($input:CompleteOAuthInput!){linkOAuth(input:$input)${OAUTH_ACCOUNT}}`
export const OAUTH_PROVIDERS = '{policy{oauthProviders{name label}}}'
export const OAUTH_ACCOUNTS = `{oauthAccounts${OAUTH_ACCOUNT}}`
export const UNLINK_OAUTH = 'mutation($id:ID!){unlinkOAuth(id:$id)}'

export const ACCOUNT_ACTIVITY =
  'subscription{accountActivity{id at action result actor actorId facts{name value}ipAddress userAgent}}'

const CHECK = 'checkUsernameAvailability(username:$username){available username reason message'
export const CHECK_USERNAME = `query($username:String!){${CHECK}}}`
export const CHECK_USERNAME_SUGGEST = `query($username:String!,$first:Int){${CHECK} suggestions(first:$first)}}`
