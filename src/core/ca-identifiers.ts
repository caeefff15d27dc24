/**
 * Which issuer domain names a CA answers to in CAA records (RFC 8659, 4.2), by the organisation that its leaves name as
 * their issuer. A CA that is not here is unknown, and nothing is said of its certificates; where sources differ, both
 * are taken in, since a name too many keeps us silent and one too few makes a false finding.
 */

export interface CaIdentifiers {
  /** `O` of the issuer, in any case. */
  readonly organizations: readonly string[];
  /** Lower-case; the one that the CA recommends is first. */
  readonly identifiers: readonly string[];
  readonly source: string;
}

/** The report in which CAs tell the root programs what they recognize. */
const CCADB = 'CCADB, All CAA Identifiers Report';

const SECTIGO = ['sectigo.com', 'usertrust.com', 'trust-provider.com', 'comodo.com', 'comodoca.com'] as const;

const DIGICERT = [
  'digicert.com',
  'www.digicert.com',
  'digicert.ne.jp',
  'cybertrust.ne.jp',
  'thawte.com',
  'geotrust.com',
  'rapidssl.com',
  'symantec.com',
  'volusion.digitalcertvalidation.com',
  'stratossl.digitalcertvalidation.com',
  'intermediatecertificate.digitalcertvalidation.com',
  '1and1.digitalcertvalidation.com',
  'amazon.com',
  'amazontrust.com',
  'awstrust.com',
  'amazonaws.com',
  'digitalcertvalidation.com',
  'quovadisglobal.com',
  'pkioverheid.nl',
] as const;

export const CA_IDENTIFIERS: readonly CaIdentifiers[] = [
  {
    organizations: ["Let's Encrypt", 'Internet Security Research Group', 'ISRG'],
    identifiers: ['letsencrypt.org'],
    source: 'ISRG CP/CPS, 4.2.1',
  },
  {
    organizations: ['Google Trust Services', 'Google Trust Services LLC'],
    identifiers: ['pki.goog', 'google.com'],
    source: CCADB,
  },
  {
    organizations: [
      'DigiCert Inc',
      'DigiCert, Inc.',
      'GeoTrust Inc.',
      'thawte, Inc.',
      'Symantec Corporation',
      'QuoVadis Limited',
      'QuoVadis Trustlink B.V.',
      'QuoVadis Trustlink Schweiz AG',
      'QuoVadis Trustlink Deutschland GmbH',
    ],
    identifiers: DIGICERT,
    source: 'DigiCert Public Trust CP/CPS, 4.2.1.1',
  },
  {
    organizations: ['Sectigo Limited', 'COMODO CA Limited', 'The USERTRUST Network'],
    identifiers: [...SECTIGO, 'entrust.net', 'affirmtrust.com'],
    source: 'Sectigo CPS, 4.2.4',
  },
  {
    organizations: ['ZeroSSL'],
    identifiers: [...SECTIGO, 'zerossl.com'],
    source: 'ZeroSSL Help Center, "Invalid CAA Records"; it issues from Sectigo\'s CAs',
  },
  {
    organizations: ['Entrust, Inc.', 'Entrust Limited', 'Entrust Corporation', 'AffirmTrust'],
    identifiers: ['entrust.net', 'affirmtrust.com', ...SECTIGO],
    source: `${CCADB}; Sectigo, which took over Entrust's public CAs in 2025, issues from them too`,
  },
  { organizations: ['GlobalSign nv-sa', 'GlobalSign'], identifiers: ['globalsign.com'], source: CCADB },
  {
    organizations: ['Amazon', 'Amazon Trust Services'],
    identifiers: ['amazon.com', 'amazontrust.com', 'awstrust.com', 'amazonaws.com', 'aws.amazon.com'],
    source: `AWS Certificate Manager User Guide, "Configure a CAA record"; ${CCADB}`,
  },
  {
    organizations: ['GoDaddy.com, Inc.', 'Starfield Technologies, Inc.'],
    identifiers: ['godaddy.com', 'starfieldtech.com'],
    source: 'GoDaddy Help, "Using CAA records with your SSL certificate"',
  },
  {
    organizations: ['Microsoft Corporation'],
    identifiers: ['microsoft.com', 'digicert.com'],
    source: `${CCADB}; digicert.com since its CAs also chain to DigiCert's roots`,
  },
  { organizations: ['Apple Inc.'], identifiers: ['pki.apple.com'], source: CCADB },
  { organizations: ['Certainly'], identifiers: ['certainly.com'], source: CCADB },
  {
    organizations: ['SSL Corporation', 'SSL Corp'],
    identifiers: ['ssl.com', 'entrust.net', 'affirmtrust.com'],
    source: `SSL.com, "How to authorize SSL.com via CAA Records"; Entrust's own since it once issued for Entrust`,
  },
  {
    organizations: ['Buypass AS-983163327', 'Buypass AS'],
    identifiers: ['buypass.com', 'buypass.no'],
    source: CCADB,
  },
  { organizations: ['Actalis S.p.A.', 'Actalis S.p.A./03358520967'], identifiers: ['actalis.it'], source: CCADB },
  {
    organizations: [
      'Hellenic Academic and Research Institutions CA',
      'Hellenic Academic and Research Institutions Cert. Authority',
    ],
    identifiers: ['harica.gr'],
    source: CCADB,
  },
  {
    organizations: ['SwissSign AG'],
    identifiers: ['swisssign.com', 'swisssign.net', 'swissign.com', 'swisssign.ch', 'swisssign.li', 'swissign.li'],
    source: CCADB,
  },
  {
    organizations: ['Asseco Data Systems S.A.', 'Unizeto Technologies S.A.'],
    identifiers: ['certum.pl', 'certum.eu', 'yandex.ru'],
    source: CCADB,
  },
  {
    organizations: [
      'Deutsche Telekom Security GmbH',
      'T-Systems International GmbH',
      'T-Systems Enterprise Services GmbH',
    ],
    identifiers: ['telesec.de', 'pki.dfn.de', 'dfn.de'],
    source: CCADB,
  },
  {
    organizations: ['D-Trust GmbH'],
    identifiers: ['d-trust.net', 'd-trust.de', 'dtrust.de', 'dtrust.net'],
    source: CCADB,
  },
  {
    organizations: ['IdenTrust', 'IdenTrust, Inc.'],
    identifiers: ['identrust.com', 'www.identrust.com'],
    source: CCADB,
  },
  { organizations: ['TAIWAN-CA', 'TAIWAN-CA Inc.', 'TWCA'], identifiers: ['twca.com.tw'], source: CCADB },
  {
    organizations: ['Chunghwa Telecom Co., Ltd.'],
    identifiers: ['pki.hinet.net', 'tls.hinet.net', 'eca.hinet.net', 'epki.com.tw', 'publicca.hinet.net'],
    source: CCADB,
  },
  {
    organizations: ['Certigna', 'Dhimyotis'],
    identifiers: ['certigna.fr', 'certigna.com'],
    source: CCADB,
  },
  { organizations: ['Microsec Ltd.'], identifiers: ['e-szigno.hu'], source: CCADB },
  {
    organizations: ['NetLock Kft.', 'NetLock Ltd.'],
    identifiers: ['netlock.hu', 'netlock.net', 'netlock.eu', 'netlock.com'],
    source: CCADB,
  },
  { organizations: ['certSIGN', 'CERTSIGN SA'], identifiers: ['certsign.ro'], source: CCADB },
  { organizations: ['Disig a.s.'], identifiers: ['disig.sk'], source: CCADB },
  { organizations: ['ACCV'], identifiers: ['accv.es'], source: CCADB },
  { organizations: ['FNMT-RCM'], identifiers: ['fnmt.es'], source: CCADB },
  { organizations: ['IZENPE S.A.'], identifiers: ['izenpe.com', 'izenpe.eus'], source: CCADB },
  {
    organizations: ['Firmaprofesional S.A.', 'Firmaprofesional SA'],
    identifiers: ['firmaprofesional.com'],
    source: CCADB,
  },
  {
    organizations: ['Krajowa Izba Rozliczeniowa S.A.'],
    identifiers: ['elektronicznypodpis.pl'],
    source: CCADB,
  },
  {
    organizations: ['Telia Company AB', 'Telia Finland Oyj', 'TeliaSonera'],
    identifiers: ['telia.com', 'telia.fi', 'telia.se', 'trust.telia.com', 'acme.trust.telia.com'],
    source: CCADB,
  },
  { organizations: ['SECOM Trust Systems CO.,LTD.'], identifiers: ['secomtrust.net'], source: CCADB },
  {
    organizations: ['Cybertrust Japan Co., Ltd.'],
    identifiers: ['cybertrust.ne.jp', 'cybertrust.co.jp', 'jcsinc.co.jp', 'secomtrust.net'],
    source: `${CCADB}; secomtrust.net since its CAs chain to SECOM's roots`,
  },
  {
    organizations: ['eMudhra Technologies Limited', 'eMudhra Inc'],
    identifiers: ['emsign.com'],
    source: CCADB,
  },
  {
    organizations: ['Trustwave Holdings, Inc.', 'SecureTrust Corporation', 'Viking Cloud, Inc.'],
    identifiers: ['trustwave.com', 'securetrust.com', 'vikingcloud.com'],
    source: CCADB,
  },
  { organizations: ['Hongkong Post'], identifiers: ['hongkongpost.gov.hk', 'ecert.gov.hk'], source: CCADB },
];

const BY_ORGANIZATION: ReadonlyMap<string, CaIdentifiers> = new Map(
  CA_IDENTIFIERS.flatMap((row) => row.organizations.map((name) => [name.toLowerCase(), row])),
);

/** `undefined` for a CA that we do not know. */
export function caIdentifiersOf(organization: string): readonly string[] | undefined {
  return BY_ORGANIZATION.get(organization.trim().toLowerCase())?.identifiers;
}
