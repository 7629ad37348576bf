// postern.consent.v1: what users agreed to.
export * from './generated/postern/consent/v1/consent_pb.js'
