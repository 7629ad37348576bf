// The pages of people who are not signed in, besides sign-in, in a part of their own: on-demand.ts loads it.
export { ForgotPassword } from './ForgotPassword.js'
export { KeepAccount } from './KeepAccount.js'
export { NotFound } from './NotFound.js'
export { ResetPassword } from './ResetPassword.js'
export { SignUp } from './SignUp.js'
export { VerifyEmail } from './VerifyEmail.js'
