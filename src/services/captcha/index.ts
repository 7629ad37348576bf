// Captchas: proof that a person, and not a program, signs up or signs in.
export { CAPTCHA_RESULTS, type Captcha, createCaptcha } from './captcha.js'
