/** What one source says of one certificate, whichever it is. */
export interface RevocationAnswer {
  readonly status: 'good' | 'revoked';
  readonly revokedAt: Date | undefined;
  /** CRLReason by its name in RFC 5280; `undefined` where none is given. */
  readonly reason: string | undefined;
  /** When its source said so: this update. */
  readonly asOf: Date;
  /** Plain words. */
  readonly detail: string;
  /** It may be remembered until then. */
  readonly until: Date;
}
