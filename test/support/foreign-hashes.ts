import { pbkdf2Sync, scryptSync } from 'node:crypto'

const salt = Buffer.from('a salt of 16 byt')
const derived = (digest: string, length: number) => pbkdf2Sync('password', salt, 1000, length, digest)
const text = salt.toString()
const b64 = (bytes: Buffer) => bytes.toString('base64')

/** Of the password "password", unless it says otherwise. Those without a function are what other programs made. */
export const FOREIGN_HASHES: Record<string, [hash: string, password?: string]> = {
  'bcrypt of jBCrypt, of the empty password': ['$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.', ''],
  'bcrypt of PHP': ['$2y$07$BCryptRequires22Chrcte/VlQH0piJtjXl.0t1XkA8pw9dMXTpOq', 'rasmuslerdorf'],
  'bcrypt of Django': ['bcrypt$$2y$07$BCryptRequires22Chrcte/VlQH0piJtjXl.0t1XkA8pw9dMXTpOq', 'rasmuslerdorf'],
  'bcrypt of Spring': ['{bcrypt}$2y$07$BCryptRequires22Chrcte/VlQH0piJtjXl.0t1XkA8pw9dMXTpOq', 'rasmuslerdorf'],
  'argon2i of the reference program': ['$argon2i$v=19$m=65536,t=2,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b+dWRWJTmaaJObG'],
  'argon2i without a version, of 0x10': [
    '$argon2i$m=65536,t=2,p=1$c29tZXNhbHQ$9sTbSlTio3Biev89thdrlKKiCaYsjjYVJxGAL3swxpQ',
  ],
  'argon2i without a version, of 0x13': ['$argon2i$m=65536,t=2,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b+dWRWJTmaaJObG'],
  'argon2i with padding': ['argon2$argon2i$m=65536,t=2,p=1$c29tZXNhbHQ=$9sTbSlTio3Biev89thdrlKKiCaYsjjYVJxGAL3swxpQ='],
  'scrypt of passlib': ['$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E'],
  'scrypt of Django': [`scrypt$1024$${text}$8$2$${b64(scryptSync('password', salt, 64, { N: 1024, r: 8, p: 2 }))}`],
  'scrypt of Werkzeug': [`scrypt:1024:8:1$${text}$${scryptSync('password', salt, 64, { N: 1024 }).toString('hex')}`],
  "Firebase's scrypt": [
    '$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==',
    'user1password',
  ],
  'PBKDF2 of passlib': ['$pbkdf2-sha256$6400$0ZrzXitFSGltTQnBWOsdYw$f1qhN9YsPiA.FWAKgBg.Zbb3eu4rJdCMOZr6RaDOADY'],
  'PBKDF2 with SHA-1 of passlib': [
    `$pbkdf2$1000$${b64(salt).replace(/=+$/, '')}$${b64(derived('sha1', 20)).replace(/=+$/, '')}`,
  ],
  'PBKDF2 in PHC format, as of Keycloak': [`$pbkdf2-sha512$i=1000,l=64$${b64(salt)}$${b64(derived('sha512', 64))}`],
  'PBKDF2 of Django': [`pbkdf2_sha256$1000$${text}$${b64(derived('sha256', 32))}`],
  'PBKDF2 of Werkzeug': [`pbkdf2:sha256:1000$${text}$${derived('sha256', 32).toString('hex')}`],
  'ASP.NET Identity, version 3': [
    b64(Buffer.concat([Buffer.from('01' + '00000001' + '000003e8' + '00000010', 'hex'), salt, derived('sha256', 32)])),
  ],
  'ASP.NET Identity, version 2': [b64(Buffer.concat([Buffer.of(0), salt, derived('sha1', 32)]))],
}
