/** A threshold that a certificate has crossed under a profile: told once. */
export interface Crossing {
  readonly fingerprint: string;
  readonly profileId: string;
  /** Before scaling. */
  readonly thresholdDays: number;
  /** Not after minus the scaled threshold. */
  readonly instant: Date;
  /** Written without a message. */
  readonly silent: boolean;
}

/** A threshold whose instant has come, for one certificate. */
export interface Crossed {
  readonly thresholdDays: number;
  readonly instant: Date;
}

/**
 * The rows to write for thresholds that a certificate has crossed and nobody has been told of, and the one to tell.
 *
 * Only the deepest is told. Those above it are written silently, so that a first sight deep in the thresholds, a new
 * profile or a profile edit gives one alert; so is the deepest where another profile's crossing of the same or a later
 * instant was told before (design, section 4).
 */
export function newCrossings(
  fingerprint: string,
  profileId: string,
  crossed: readonly Crossed[],
  stored: readonly Crossing[],
): { readonly rows: readonly Crossing[]; readonly told: Crossing | undefined } {
  const ofCertificate = stored.filter((row) => row.fingerprint === fingerprint);
  const known = new Set(ofCertificate.filter((row) => row.profileId === profileId).map((row) => row.thresholdDays));
  const deepest = Math.min(...crossed.map((one) => one.thresholdDays));
  const rows = crossed
    .filter((one) => !known.has(one.thresholdDays))
    .map(({ thresholdDays, instant }): Crossing => {
      const wasTold = ofCertificate.some((row) => !row.silent && row.instant.getTime() >= instant.getTime());
      return { fingerprint, profileId, thresholdDays, instant, silent: thresholdDays !== deepest || wasTold };
    });
  return { rows, told: rows.find((row) => !row.silent) };
}
