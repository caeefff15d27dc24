/** What people, phones and word processors put round a text. */
export const DOUBLE_QUOTES = '"“”„‟«»';
export const SINGLE_QUOTES = "'‘’‚‛";
